"""Prediction: users a second end to end beside the peers, and a million items beside bare products."""

import statistics
import sys

import pytest

from tests.benchmarks import runs, shapes
from tests.benchmarks.record import Record
from tests.benchmarks.sizes import overrides

OURS = ["train.objective=mlm", "predict.seen.response=hide"]
GB = 1e9


@pytest.mark.slow
def test_recommends_faster_than_the_peers_with_seen_items_filtered(size, tmp_path):
    """Ours from files to a file, trained in either precision; the peers from memory to memory."""
    data = tmp_path / "data"
    shape = shapes.write("ml1m", data, size.share**0.5)
    settings = [*OURS, f"sequences.max_length={size.max_length}", *overrides()]
    record = Record("predict_movielens", size, shape=vars(shape), ours=settings)
    mine: dict[str, list[runs.Found]] = {"fp32": [], "bf16": []}
    for kind, precision in (("fp32", "'no'"), ("bf16", "bf16")):
        chosen = [*settings, f"train.precision={precision}"]
        runs.ours("untrained", data, tmp_path / kind, chosen)

    def predict_ours() -> None:
        for kind, several in mine.items():
            several.append(runs.ours("predict", data, tmp_path / kind, settings))

    found: dict[str, runs.Found] = {}
    predict_ours()
    for name in ("replay", "rectools"):
        limits = {"steps": 2, "max_length": size.max_length, "batch_rows": size.batch_rows}
        found[name] = runs.peer(name, data, tmp_path / name, **limits)
        predict_ours()
    record.runs = {**mine, **found}
    speeds = {kind: statistics.median(map(users_a_second, ones)) for kind, ones in mine.items()}
    for name, title, aim in (("replay", "RePlay", 4.0), ("rectools", "RecTools", None)):
        slow = users_a_second(found[name])
        for kind, fast in speeds.items():
            wanted = aim if fast == max(speeds.values()) else None
            record.add(f"predict, seen filtered, {kind}", fast, "users/s", title, slow, aim=wanted)
    record.finish()


@pytest.mark.slow
def test_a_million_items_cost_little_more_than_the_products(size, tmp_path):
    """Files to file against products alone; by the ranking's own progress, without load and write, too."""
    data, out = tmp_path / "data", tmp_path / "ours"
    shape = shapes.write("items1m", data, size.share)
    settings = [*OURS, "predict.seen.response=last", *overrides()]
    record = Record("predict_items", size, shape=vars(shape), ours=settings)
    runs.ours("untrained", data, out, settings)
    found: dict[str, list[runs.Found]] = {"fp32": [], "bf16": []}
    products: list[runs.Found] = []
    for _ in range(size.repeats):  # in turn: what the machine does beside it changes by the minute
        for kind, precision in (("fp32", "'no'"), ("bf16", "bf16")):
            chosen = [*settings, f"predict.precision={precision}"]
            found[kind].append(runs.ours("predict", data, out, chosen))
        sizes = (found["fp32"][0]["users"], shape.items, 128)
        runs.run(sys.executable, "matmul.py", str(tmp_path / "bare.json"), *map(str, sizes))
        products.append(runs.read(tmp_path / "bare.json"))
    record.runs = {**found, "products": products}
    bound = {"aim": 1.3, "at_most": True}
    for kind, several in found.items():
        bare = "s", "bare products", statistics.median(one[kind] for one in products)
        ranking = statistics.median(map(seconds_of_ranking, several))
        record.add(f"top 100 of {shape.items:,} items, {kind}", ranking, *bare, **bound)
        whole = statistics.median(one["predict_seconds"] for one in several)
        record.add(f"the same from files to a file, {kind}", whole, *bare)
        peak = max(one["memory_peak"] for one in several) / GB
        limit = {"aim": 1.0, "at_most": True}
        record.add(f"peak memory, {kind}", peak, "GB", "the issue's limit", 3.0, **limit)
    record.finish()


def seconds_of_ranking(found):
    """All users, from the seconds between the first progress and the last."""
    return found["ranking_seconds"] * found["users"] / max(found["ranking_users"], 1)


def users_a_second(found):
    return found["users"] / found["predict_seconds"]
