from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core import manifests
from stages.core.schema import FILTERED
from stages.filter import stage
from stages.interface.errors import HhrecError, MissingInputError
from tests.worlds.flow import Flow, settings
from tests.worlds.strategies import VACANCIES, Log, logs

Pair = tuple[str, str]


def filtered(root: Path, raw_dir: Path, **limits: Any) -> tuple[Flow, Any]:
    flow = Flow(root, settings(filter=limits, split={"kind": "last_session"}))
    flow.explode(raw_dir)
    return flow, flow.filter()


def test_each_drop_is_counted_once_by_its_reason(tmp_path: Path, raw_dir: Path) -> None:
    flow, report = filtered(
        tmp_path, raw_dir, max_user_events=3, min_item_events=2, min_user_events=2, rounds=1
    )
    # anna, boris and vera count as bots with 4 events each; zoya's print is unknown; then nurse-1,
    # clerk-1, clerk-2 and ghost-1 stand alone; that leaves dina and lev with one event each
    assert report.train_events == 26
    assert report.bots == 3
    assert report.dropped == {
        "bots": 12, "unknown_actions": 1, "min_item_events": 4, "min_user_events": 2,
    }  # fmt: skip
    assert report.events == report.train_events - sum(report.dropped.values())
    assert flow.read("filtered").height == report.events
    assert set(flow.read("filtered")["user_id"]) == {"gleb", "ivan", "kira"}


def test_the_filtered_table_is_the_train_part_in_order(tmp_path: Path, raw_dir: Path) -> None:
    flow, report = filtered(tmp_path, raw_dir, min_user_events=1)
    train = flow.read("events").filter((pl.col("part") == "train") & (pl.col("action_type") != 0))
    table = flow.read("filtered")
    assert table.schema == FILTERED
    assert table.equals(train.select(*FILTERED))
    assert (report.users, report.vacancies, report.rounds) == (10, 11, 1)


def test_held_out_sessions_leave_no_gap_in_the_ordinals(tmp_path: Path) -> None:
    train = [("u", "s1", [("a", 1, "05 00:00")]), ("u", "s2", [("a", 2, "06 00:00")])]
    kind = {"kind": "test_sessions"}
    flow = Flow(tmp_path, settings(split=kind)).write(train, [("u", "t", [("a", 2, "01 00:00")])])
    flow.explode()
    flow.filter()
    assert flow.read("events")["session"].to_list() == [0, 1, 2]
    assert flow.read("filtered")["session"].to_list() == [0, 1]


def test_an_empty_rest_is_an_error_with_the_parameters_to_change(
    tmp_path: Path, raw_dir: Path
) -> None:
    with pytest.raises(HhrecError, match="leaves none of 26 train events") as caught:
        filtered(tmp_path, raw_dir, min_item_events=100)
    assert caught.value.message.startswith(f"{tmp_path / 'events'}: ")
    assert caught.value.hint == (
        "lower filter.min_item_events and filter.min_user_events, or raise"
        " filter.max_user_events, in params.yaml"
    )
    assert not (tmp_path / "filtered").exists()


def test_missing_and_foreign_events_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="not found") as caught:
        Flow(tmp_path, settings()).filter()
    assert "hhrec explode" in caught.value.hint
    (tmp_path / "events").mkdir()
    pl.DataFrame({"user_id": ["a"]}).write_parquet(tmp_path / "events" / "bucket-00000.parquet")
    with pytest.raises(HhrecError, match="column `session_id`: expected String, found nothing"):
        Flow(tmp_path, settings()).filter()


def test_with_nothing_held_out_the_contexts_of_the_test_are_learned_from(tmp_path: Path) -> None:
    train = [("u", "s", [("a", 2, "05 00:00")])]
    test = [("u", "t", [("b", 2, "07 00:00")]), ("v", "nothing", [])]
    flow = Flow(tmp_path, settings(split={"kind": "none"})).write(train, test)
    flow.explode()
    report = flow.filter()
    assert flow.read("filtered").select("vacancy_id", "session").rows() == [("a", 0), ("b", 1)]
    assert (report.train_events, report.events, report.users, report.vacancies) == (2, 2, 1, 2)


def test_what_was_held_out_must_be_held_out_no_more(tmp_path: Path, raw_dir: Path) -> None:
    Flow(tmp_path, settings(split={"kind": "last_session"})).explode(raw_dir)
    with pytest.raises(HhrecError) as caught:
        Flow(tmp_path, settings(split={"kind": "none"})).filter()
    assert caught.value.message == (
        f"{tmp_path / 'events'}: split.kind is none, but 10 events were held out for validation"
    )  # the last sessions of the 8 people who have more than one
    assert caught.value.hint == "run `hhrec explode` with split.kind none first"


def test_its_manifest_says_from_what_and_how_it_was_made(tmp_path: Path, raw_dir: Path) -> None:
    flow, _ = filtered(tmp_path, raw_dir, max_user_events=9)
    (made,) = manifests.of(tmp_path / "filtered")
    assert made.command == "hhrec filter"
    assert set(made.inputs) == {"events"}
    assert made.params["filter"]["max_user_events"] == 9
    with pytest.raises(HhrecError, match="which the same command reads"):
        stage.run(flow.params, events=tmp_path / "events", out=tmp_path / "events")


@pytest.mark.parametrize(
    ("min_item_events", "expected"),
    [
        (1, [(1, 2, "filtered"), (2, 2, "filtered")]),
        (2, [(1, 4, "counted"), (2, 4, "counted"), (3, 4, "filtered"), (4, 4, "filtered")]),
    ],
)
def test_progress_counts_each_bucket_once_a_pass(
    tmp_path: Path, raw_dir: Path, min_item_events: int, expected: list[tuple[int, int, str]]
) -> None:
    limits = {"min_item_events": min_item_events}
    flow = Flow(tmp_path, settings(explode={"buckets": 2}, filter=limits))
    flow.explode(raw_dir)
    told: list[tuple[int, int, str]] = []

    def progress(done: int, total: int, note: str = "", **figures: float) -> None:
        assert figures["rows"] > 0
        told.append((done, total, note))

    events, out = tmp_path / "events", tmp_path / "filtered"
    stage.run(flow.params, events=events, out=out, progress=progress)
    assert told == expected
    assert sorted(path.name for path in out.iterdir()) == [
        "bucket-00000.parquet",
        "bucket-00001.parquet",
    ]


def slow_core(events: list[Pair], item: int, user: int, rounds: int) -> list[Pair]:
    """The k-core the obvious way."""
    done = 0
    while True:
        items = Counter(vacancy for _, vacancy in events)
        frequent = [pair for pair in events if items[pair[1]] >= item]
        users = Counter(owner for owner, _ in frequent)
        rest = [pair for pair in frequent if users[pair[0]] >= user]
        done += 1
        if rest == events or done == rounds:
            return rest
        events = rest


limits = st.integers(1, 4)


@given(logs(), st.tuples(limits, limits), st.integers(0, 3), st.integers(1, 5))
def test_the_rest_is_the_slow_core_for_any_number_of_buckets(
    tmp_path_factory: pytest.TempPathFactory,
    log: Log,
    least: tuple[int, int],
    rounds: int,
    buckets: int,
) -> None:
    (train, test), (item, user) = log, least
    anchor = [("z", f"z{day}", [("v1", 2, f"0{day} 00:00")] * 4) for day in (1, 2)]
    minimums = {"min_item_events": item, "min_user_events": user, "rounds": rounds}
    params = settings(
        filter=minimums, explode={"buckets": buckets}, split={"kind": "test_sessions"}
    )
    flow = Flow(tmp_path_factory.mktemp("x"), params).write([*train, *anchor], test)
    flow.explode()
    report = flow.filter()
    known = pl.col("action_type") != 0
    events = flow.read("events").filter((pl.col("part") == "train") & known)
    pairs = events.select("user_id", "vacancy_id").rows()
    rest = flow.read("filtered").select("user_id", "vacancy_id").rows()
    assert rest == slow_core(pairs, item, user, rounds)
    assert report.events == report.train_events - sum(report.dropped.values())
    if not rounds:
        assert is_largest_fixed_point(rest, pairs, item, user)


def is_largest_fixed_point(rest: list[Pair], pairs: list[Pair], item: int, user: int) -> bool:
    """Try every set of vacancies: none supports more than `rest` holds."""
    for mask in range(2 ** len(VACANCIES)):
        chosen = {name for bit, name in enumerate(VACANCIES) if mask >> bit & 1}
        among = [pair for pair in pairs if pair[1] in chosen]
        owners = Counter(owner for owner, _ in among)
        core = [pair for pair in among if owners[pair[0]] >= user]
        counts = Counter(vacancy for _, vacancy in core)
        if all(count >= item for count in counts.values()) and not set(core) <= set(rest):
            return False
    return True
