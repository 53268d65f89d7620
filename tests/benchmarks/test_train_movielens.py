"""Training on MovieLens-1M's shape: tokens a second and scores, beside RePlay and RecTools."""

import sys

import pytest

from tests.benchmarks import flops, runs, shapes
from tests.benchmarks.record import Record
from tests.benchmarks.sizes import overrides

PEERS = {"replay": "RePlay Bert4Rec", "rectools": "RecTools BERT4Rec"}
AIMS = {("best", "replay"): 6.0, ("best", "rectools"): 10.0, ("fp32", "replay"): 4.5}
OURS = [
    "train.objective=mlm",
    "train.mask_prob=0.2",
    "train.masking={mlm: 1, last: 0, next_response: 0}",
    "train.id_dropout=0",  # there is nothing but ids to learn from
    "train.patience=0",
    "predict.seen.response=hide",
]


@pytest.mark.slow
def test_trains_faster_than_the_peers_at_equal_or_better_scores(size, tmp_path, lengths):
    shape = shapes.write("ml1m", tmp_path / "data", size.share**0.5)
    data, cut = tmp_path / "data", lengths(tmp_path / "data", size.max_length)
    settings = [
        *OURS,
        f"sequences.max_length={size.max_length}",
        f"train.epochs={size.epochs}",
        f"train.batch_tokens={int(size.batch_rows * cut.mean())}",  # as many steps as the peers
        *overrides(),
    ]
    record = Record("train_movielens", size, shape=vars(shape), ours=settings)
    found: dict[str, list[runs.Found]] = {"fp32": [], "bf16": []}

    def train_ours() -> None:
        for kind, precision in (("fp32", "'no'"), ("bf16", "bf16")):
            out = tmp_path / kind
            chosen = [*settings, f"train.precision={precision}"]
            found[kind].append(runs.ours("train", data, out, chosen))
            runs.ours("predict", data, out, chosen)

    scores = {}
    for name in PEERS:
        train_ours() if len(found["fp32"]) < size.repeats else None
        common = {"epochs": size.epochs, "max_length": size.max_length}
        found[name] = [runs.peer(name, data, tmp_path / name, batch_rows=size.batch_rows, **common)]
    for kind in found:
        scores[kind] = runs.scored(tmp_path / kind / "predictions.parquet", data / "labels.parquet")
    record.runs = {"training": found, "scores": scores}
    compare_speed(record, found)
    compare_scores(record, scores)
    runs.run(sys.executable, "matmul.py", str(tmp_path / "rates.json"))
    share_of_machine(record, found, runs.read(tmp_path / "rates.json"), cut, shape.items)
    record.finish()


def compare_speed(record, found):
    speeds = {name: runs.median_speed(several) for name, several in found.items()}
    speeds["best"] = max(speeds["fp32"], speeds["bf16"])
    for kind in ("fp32", "bf16", "best"):
        for name, title in PEERS.items():
            aim = AIMS.get((kind, name))
            record.add(f"train, {kind}", speeds[kind], "tokens/s", title, speeds[name], aim=aim)


def compare_scores(record, scores):
    for kind in ("fp32", "bf16"):
        for name, title in PEERS.items():
            for metric in ("NDCG@10", "HR@10"):
                of_peer = max(scores[name][metric], 1e-6)
                aim = 1.0 if metric == "NDCG@10" else None
                value = max(scores[kind][metric], 1e-6)
                record.add(
                    f"{metric} after equal epochs, {kind}", value, "", title, of_peer, aim=aim
                )


def share_of_machine(record, found, rates, cut, items):
    """The issue aims at 0.75 in fp32; an aim, not a bound, so nothing fails by it."""
    tokens = int(cut.sum())
    needed = flops.train_flops(
        tokens, int((cut**2).sum()), int(0.2 * tokens), hidden=128, layers=2, items=items
    )
    for kind in ("fp32", "bf16"):
        reached = needed / tokens * runs.median_speed(found[kind]) / 1e9
        record.runs["rates"] = rates
        fastest = max(rates[kind].values()) / 1e9
        record.add(f"needed arithmetic, {kind}", reached, "GFLOP/s", "matrix products", fastest)
