"""`prefix`, `mlm` and `causal` on three logs: validation scores by epoch and by minute, test scores."""

import pytest

from tests.benchmarks import logs, runs
from tests.benchmarks.record import Record

OBJECTIVES = ("prefix", "mlm", "causal")


@pytest.mark.slow
@pytest.mark.parametrize("log", list(logs.SETTINGS))
def test_a_masked_objective_is_at_least_as_good_as_causal(log, size, kept):
    raw = logs.raw(log, kept, size)
    settings = logs.settings(log, size, "seed=1")
    record = Record(f"objectives_{log}", size, ours=settings)

    def work(objective: str) -> runs.Found:
        out = kept / f"{log}-{objective}-1"
        more = [] if objective == "prefix" else [f"train.objective={objective}"]
        found = runs.ours("curve", raw, out, [*settings, *more])
        files = ["--predictions", out / "predictions.parquet", "--labels", raw / "labels.parquet"]
        return found | {"test": runs.hhrec("evaluate", *files)["metrics"]}

    with runs.pool() as pool:
        record.runs = dict(zip(OBJECTIVES, pool.map(work, OBJECTIVES), strict=True))
    most = min(run["curve"][-1]["seconds"] for run in record.runs.values())
    best = {name: until(run["curve"], most) for name, run in record.runs.items()}
    for name, aim in (("prefix", 1.0), ("mlm", None)):
        title = f"validation MRR@100 after {most / 60:.1f} min, {name}"
        record.add(title, best[name], "", "causal", max(best["causal"], 1e-9), aim=aim)
        test = [record.runs[one]["test"]["MRR@100"] for one in (name, "causal")]
        record.add(f"test MRR@100, {name}", test[0], "", "causal", max(test[1], 1e-9))
    record.finish()


def until(curve, seconds):
    """Best validation score of the epochs that were done by then."""
    return max((one["score"] for one in curve if one["seconds"] <= seconds * 1.001), default=1e-9)
