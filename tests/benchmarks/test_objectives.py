"""`prefix`, `mlm` and `causal` on four logs: validation scores by epoch and by minute, test scores."""

from statistics import mean

import pytest

from tests.benchmarks import logs, runs
from tests.benchmarks.record import Record

SEEDS = {"prefix": 3, "causal": 3, "mlm": 1}  # one is enough to tell mlm from the others


@pytest.mark.slow
@pytest.mark.parametrize("log", list(logs.SETTINGS))
def test_prefix_is_at_least_as_good_as_causal_and_mlm_is_recorded(log, size, kept):
    """Each run against the one of `causal` with the same seed, until the shorter of both ended.

    `prefix` has an aim, which a full-size run fails by. `mlm` has none: it loses (docs/LOG.md).
    """
    raw = logs.raw(log, kept, size)
    record = Record(f"objectives_{log}", size, ours=logs.settings(log, size))
    plan = [(name, seed) for name, most in SEEDS.items() for seed in range(1, most + 1)]

    def work(run: tuple[str, int]) -> runs.Found:
        objective, seed = run
        out = kept / f"{log}-{objective}-{seed}"
        more = [] if objective == "prefix" else [f"train.objective={objective}"]
        settings = logs.settings(log, size, f"seed={seed}")
        found = runs.ours("curve", raw, out, [*settings, *more])
        files = ["--predictions", out / "predictions.parquet", "--labels", raw / "labels.parquet"]
        return found | {"test": runs.hhrec("evaluate", *files)["metrics"]}

    with runs.pool() as pool:
        done = dict(zip(plan, pool.map(work, plan), strict=True))
    found = {name: [done[name, seed] for seed in range(1, SEEDS[name] + 1)] for name in SEEDS}
    record.runs = found
    for name, aim in (("prefix", 1.0), ("mlm", None)):
        compare(record, name, list(zip(found[name], found["causal"], strict=False)), aim)
    record.finish()


def compare(record, name, pairs, aim):
    """Means over seeds of an objective and of `causal`."""
    ends = [min(run["curve"][-1]["seconds"] for run in pair) for pair in pairs]
    scores = [
        [until(run["curve"], end) for run in pair] for pair, end in zip(pairs, ends, strict=True)
    ]
    where = f"{name}, mean of {len(pairs)}" if len(pairs) > 1 else f"{name}, seed 1"
    title = f"validation MRR@100 after {mean(ends) / 60:.1f} min, {where}"
    ours, causal = map(mean, zip(*scores, strict=True))
    record.add(title, ours, "", "causal", causal, aim=aim)
    tests = [[run["test"]["MRR@100"] for run in pair] for pair in pairs]
    ours, causal = map(mean, zip(*tests, strict=True))
    record.add(f"test MRR@100, {where}", ours, "", "causal", max(causal, 1e-9))


def until(curve, seconds):
    """Best validation score of the epochs that were done by then."""
    return max((one["score"] for one in curve if one["seconds"] <= seconds * 1.001), default=1e-9)
