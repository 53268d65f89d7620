"""The harness itself: shapes are what they say, figures are judged as they should be."""

import asyncio
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import polars as pl
import pytest
import torch

from stages.bert4rec.batching import batch_plan
from stages.bert4rec.network import sequence_encoder
from stages.bert4rec.network.byte_dropout import ByteDropout
from stages.train import parameter_groups
from tests.benchmarks import docs, flops, judged, logs, ratings, runs, shapes, unoptimised
from tests.benchmarks.http_load import steady
from tests.benchmarks.ours import Steps
from tests.benchmarks.people import histories
from tests.benchmarks.record import Figure, Record, pathless
from tests.benchmarks.sizes import SIZES
from tests.benchmarks.worlds import by_popularity, draws, movielens_lengths
from tests.worlds.small_model import make_model


def table(directory, part):
    return pl.read_parquet(directory / "sequences" / part / "*.parquet")


def test_the_small_movielens_holds_out_two_items_and_repeats_none(tmp_path):
    shapes.write("ml1m", tmp_path, 0.01)
    train, asked, test = (table(tmp_path, part) for part in ("train", "validation", "test"))
    labels = pl.read_parquet(tmp_path / "labels.parquet")["vacancy_id"]
    assert train["items"].to_list() == asked["items"].to_list()
    known = asked.select(pl.col("items").list.concat("label_item"))["items"]
    assert known.to_list() == test["items"].to_list()
    named = pl.read_parquet(tmp_path / "vocab.parquet").sort("item")["vacancy_id"]
    whole = [
        [*items, 3 + named.index_of(label)] for items, label in zip(known, labels, strict=True)
    ]
    assert all(len(set(items)) == len(items) for items in whole)


def test_a_shape_is_a_function_of_its_name_and_size(tmp_path):
    for place in ("one", "other"):
        shapes.write("items100k", tmp_path / place, 0.005)
    assert table(tmp_path / "one", "train").equals(table(tmp_path / "other", "train"))
    assert len(pl.read_parquet(tmp_path / "one" / "labels.parquet")) == 0


def test_the_log_of_movielens_size_is_a_function_of_it_and_repeats_nothing(tmp_path):
    one, other = (ratings.write(tmp_path / place, 0.01) for place in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()
    events = pl.read_csv(one)
    assert events.select("userId", "movieId").is_unique().all()
    assert events["userId"].value_counts()["count"].min() >= 19
    waits = events.select(pl.col("timestamp").diff().over("userId")).to_series()
    assert waits.min() >= 0


def test_lengths_are_those_of_movielens():
    lengths = movielens_lengths(50_000, 2_314, np.random.default_rng(0))
    assert lengths.min() >= 19
    assert np.median(lengths) == pytest.approx(96, abs=3)
    assert lengths.mean() == pytest.approx(165, abs=8)


def test_every_item_is_met_where_there_is_room():
    histories = draws(600, 2_000, np.random.default_rng(0))
    _, counts = by_popularity(histories, 3, 0)
    assert len(counts) == 2_000
    assert counts.min() == 1
    assert (np.diff(counts) <= 0).all()


def test_needed_arithmetic_of_one_layer_by_hand():
    # 2 tokens of one row, 1 asked, width 1, 3 items: keys 2 * 4, the rest 1 * 20, scores of the
    # asked one with both 4 * 2, the head 2 + 6; forward and twice that backward
    needed = flops.train_flops(2, 4, 1, hidden=1, layers=1, items=3)
    assert needed == 3 * (8 + 20 + 8 + 8)


def test_steps_leave_out_the_first_of_each_epoch():
    watch = Steps(0, epochs=2)
    for done in range(1, 9):
        watch(done, 8)
    assert len(watch.seconds) == 6


@pytest.mark.parametrize(("ratio", "at_most", "reached"), [(2, False, True), (2, True, False)])
def test_an_aim_is_a_bound_from_the_right_side(ratio, at_most, reached):
    figure = Figure("step", ratio, "s", 1.0, "the other", ratio, aim=1.5, at_most=at_most)
    assert figure.reached is reached
    assert ("MISSED" in str(figure)) is not reached


def test_a_missed_aim_fails_at_full_size_but_is_written_first(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("BENCH_RESULTS", str(tmp_path))
    for size in (SIZES["tiny"], SIZES["full"]):
        record = Record("train_items", size)
        record.add("train", 10.0, "tokens/s", "plain", 5.0, aim=3.0)
        if size.strict:
            with pytest.raises(AssertionError, match="MISSED"):
                record.finish()
        else:
            record.finish()
    assert "2 x plain (5)" in capsys.readouterr().out
    written = json.loads((tmp_path / "train_items.json").read_text())
    assert written["figures"][0]["ratio"] == 2
    page = docs.section(written)
    assert "| train | 10 tokens/s | plain | 5 | 2 | at least 3: **missed** |" in page


def test_peers_that_are_not_installed_are_skipped_with_the_command(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "PEERS", tmp_path)
    with pytest.raises(pytest.skip.Exception, match="make peers"):
        runs.peer("replay", tmp_path, tmp_path)


def test_only_runs_kept_on_purpose_are_not_repeated(tmp_path, monkeypatch):
    ran = []

    def run(_python, _script, task):
        ran.append(task)
        found = {"task": json.loads((tmp_path / "task.json").read_text())}
        (tmp_path / "figures.json").write_text(json.dumps(found))

    monkeypatch.setattr(runs, "run", run)
    monkeypatch.delenv("BENCH_RUNS", raising=False)
    for _ in range(2):
        runs.told("ours.py", tmp_path, {"do": "train"})
    assert len(ran) == 2
    monkeypatch.setenv("BENCH_RUNS", str(tmp_path))
    runs.told("ours.py", tmp_path, {"do": "train"})
    assert len(ran) == 2
    runs.told("ours.py", tmp_path, {"do": "predict"})
    assert len(ran) == 3


def test_a_record_names_no_path_of_this_machine():
    assert pathless({"a": [{"task": {"out": "/x"}, "b": 1}]}) == {"a": [{"b": 1}]}


def report(model, last, popular, low, high):
    """A part of the metrics, as far as a lead needs it."""
    of = {"model": model, "last_viewed": last, "popular": popular}
    lead = {"value": model - last, "low": low, "high": high, "above": 0.9}
    scores = {name: {"rows": 50, "metrics": {"MRR@100": score}} for name, score in of.items()}
    return {"scores": scores, "differences": {"last_viewed": {"MRR@100": lead}}}


def test_a_log_is_judged_by_the_baseline_that_is_best_on_its_rows(tmp_path):
    (tmp_path / "test.json").write_text(json.dumps(report(0.3, 0.2, 0.1, 0.05, 0.15)))
    line = judged.line(tmp_path)
    assert judged.Lead(**line["test"]).baseline == "last_viewed"
    assert line["test"]["value"] == pytest.approx(0.1)
    assert line["validation"] is None


def test_a_log_is_one_line_of_means_over_its_seeds(tmp_path):
    lines = []
    for model, low, high in ((0.4, 0.15, 0.25), (0.2, -0.05, 0.05), (0.15, -0.1, -0.01)):
        (tmp_path / "test.json").write_text(json.dumps(report(model, 0.2, 0.1, low, high)))
        lines.append(judged.line(tmp_path) | {"minutes": 2.0})
    assert docs.of_log("ciao", lines) == (
        "| ciao | 50 | 0.2500 | last_viewed | 0.2000 | 1.25 | +0.0500 | 1 of 3 | 1 of 3 "
        "| no rows | 2.0 |"
    )


def test_a_part_left_out_of_all_logs_stands_in_the_record(tmp_path, monkeypatch):
    monkeypatch.delenv("BENCH_SIZE", raising=False)  # which make sets
    monkeypatch.setenv("BENCH_RESULTS", str(tmp_path))
    monkeypatch.setenv("BENCH_SET", "train.neighbours=0 train.session_weight=1")
    settings = logs.defaults(SIZES["full"])
    assert settings == ["train.neighbours=0", "train.session_weight=1"]
    Record("logs", SIZES["tiny"], target="bench-logs", ours=settings).write()
    written = json.loads((tmp_path / "logs.json").read_text())
    assert written["settings"]["ours"] == settings
    assert (
        "make bench-logs BENCH_SET='train.neighbours=0 train.session_weight=1'"
        in written["command"]
    )


def test_a_log_whose_source_is_absent_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "SHARED", tmp_path / "data")
    for log in set(logs.ALL) - {"sample"}:
        with pytest.raises(pytest.skip.Exception, match="no "):
            logs.raw(log, tmp_path, SIZES["tiny"])


def test_the_unoptimised_loop_has_none_of_the_speed_ups(monkeypatch):
    for place, name in (
        (batch_plan, "plan"),
        (sequence_encoder, "use_bytes"),
        (parameter_groups, "optimizers"),
    ):
        monkeypatch.setattr(place, name, getattr(place, name))  # put back at the end
    assert any(isinstance(part, ByteDropout) for part in make_model("prefix").modules())
    unoptimised.loop()
    model = make_model("prefix")
    assert not any(isinstance(part, ByteDropout) for part in model.modules())
    assert any(isinstance(part, torch.nn.Dropout) for part in model.modules())
    assert isinstance(parameter_groups.optimizers(model, 0.1, 0.0)[1], unoptimised.DenseAdamW)
    assert batch_plan.plan is unoptimised.any_order


def test_unoptimised_batches_hold_every_row_once_and_as_many_rows_each():
    lengths = np.arange(1, 101)
    found = unoptimised.any_order(lengths, 505, 1)  # ten rows fill it on average
    assert [len(rows) for rows in found] == [10] * 10
    assert sorted(np.concatenate(found).tolist()) == list(range(100))
    assert max(int(lengths[rows].max() - lengths[rows].min()) for rows in found) > 50


def test_dense_adamw_is_adamw_on_the_dense_gradient():
    tables = [torch.nn.Embedding(6, 3, sparse=sparse) for sparse in (True, False)]
    tables[1].load_state_dict(tables[0].state_dict())
    first = unoptimised.DenseAdamW(tables[0].parameters(), lr=0.1)
    second = torch.optim.AdamW(tables[1].parameters(), lr=0.1)
    for rows in ([1, 1, 4], [2]):
        for table, optimizer in zip(tables, (first, second), strict=True):
            table(torch.tensor(rows)).square().sum().backward()
            optimizer.step()
            optimizer.zero_grad()
    assert torch.equal(tables[0].weight, tables[1].weight)


def test_people_have_histories_of_their_own_in_time_order():
    found = histories([f"v{n}" for n in range(50)], 30)
    assert found == histories([f"v{n}" for n in range(50)], 30)
    times = [[event["action_dt"] for event in events] for events in found]
    assert all(one == sorted(one) for one in times)
    assert {event["action_type"] for events in found for event in events} == {
        "view",
        "favourite",
        "response",
    }
    assert any(len({e["vacancy_id"] for e in events}) < len(events) for events in found)


class Answering(BaseHTTPRequestHandler):
    """Answers every third request with an error."""

    protocol_version = "HTTP/1.1"
    count = 0

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        Answering.count += 1
        body = b'{"people": [1]}'
        self.send_response(503 if Answering.count % 3 == 0 else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_requests_come_at_a_steady_rate_and_errors_are_counted():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        found = asyncio.run(steady(url, [b"{}", b"{}"], rate=100, seconds=0.3))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert len(found.milliseconds) == 30
    assert found.errors == ["status 503"] * 10
