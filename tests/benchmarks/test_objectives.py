"""`prefix`, `mlm` and `causal` on three logs: validation scores by epoch and by minute, test scores."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.benchmarks import logs, runs
from tests.benchmarks.record import Record
from tests.benchmarks.sizes import overrides

OBJECTIVES = ("prefix", "mlm", "causal")
TINY = ["train.epochs=1", "sequences.max_length=16"]


def raw_of(log: str, out: Path, size) -> Path:
    if log == "sample":
        return logs.sample(out, size)
    if log == "movielens":
        return logs.movielens(logs.SHARED / "ml-latest-small", out)
    return logs.deskdrop()


@pytest.mark.slow
@pytest.mark.parametrize("log", list(logs.SETTINGS))
def test_a_masked_objective_is_at_least_as_good_as_causal(log, size, tmp_path):
    raw = raw_of(log, tmp_path / "raw", size)
    settings = [*logs.SETTINGS[log], *([] if size.strict else TINY), *overrides()]
    record = Record(f"objectives_{log}", size, ours=settings)

    def work(objective: str) -> runs.Found:
        out = tmp_path / objective
        found = runs.ours("curve", raw, out, [*settings, f"train.objective={objective}"])
        scores = runs.hhrec(
            "evaluate", "--predictions", out / "predictions.parquet", "--labels",
            raw / "labels.parquet",
        )  # fmt: skip
        return found | {"test": scores["metrics"], "intervals": scores["intervals"]}

    with ThreadPoolExecutor(int(os.environ.get("BENCH_JOBS", "1"))) as pool:
        record.runs = dict(zip(OBJECTIVES, pool.map(work, OBJECTIVES), strict=True))
    most = min(run["curve"][-1]["seconds"] for run in record.runs.values())
    best = {name: until(run["curve"], most) for name, run in record.runs.items()}
    for name in OBJECTIVES[:2]:
        record.add(
            f"validation MRR@100 in {most / 60:.1f} min, {name}", best[name], "", "causal",
            max(best["causal"], 1e-9), aim=1.0 if name == "prefix" else None,
        )  # fmt: skip
        test = [record.runs[one]["test"]["MRR@100"] for one in (name, "causal")]
        record.add(f"test MRR@100, {name}", test[0], "", "causal", max(test[1], 1e-9))
    record.finish()


def until(curve, seconds):
    """Best validation score of the epochs that were done by then."""
    return max((one["score"] for one in curve if one["seconds"] <= seconds * 1.001), default=0.0)
