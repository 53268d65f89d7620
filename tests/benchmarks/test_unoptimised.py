"""What the speed-ups cost in quality: validation MRR@100 beside the loop that one writes first."""

import pytest

from tests.benchmarks import logs, runs, unoptimised
from tests.benchmarks.record import Record

FAST = ["train.precision=bf16"]
TITLE = "unoptimised loop"


@pytest.mark.slow
@pytest.mark.parametrize("log", ["sample", "deskdrop"])
def test_the_speed_ups_cost_no_quality(log, size, kept):
    raw = logs.raw(log, kept, size)
    settings = logs.settings(log, size, "seed=1")
    record = Record(f"unoptimised_{log}", size, ours=[*settings, *FAST])
    fast, slow = kept / f"{log}-fast-1", kept / f"{log}-unoptimised-1"
    with runs.pool() as pool:
        ours = pool.submit(runs.ours, "curve", raw, fast, [*settings, *FAST])
        theirs = pool.submit(
            runs.ours,
            "curve",
            raw,
            slow,
            [*settings, *unoptimised.SETTINGS],
            without="speed_ups",
        )
        record.runs = {"ours": ours.result(), "unoptimised": theirs.result()}
    files = [out / "validation_predictions.parquet" for out in (fast, slow)]
    where = ["--sequences", fast / "sequences", "--vocab", fast / "vocab.parquet", "--raw", raw]
    found = runs.hhrec("evaluate", "--compare", *files, "--part", "validation", *where)
    lead = record.runs["lead"] = found["differences"]["MRR@100"]
    error = (lead["high"] - lead["low"]) / 2
    first, second = (max(found[name]["MRR@100"], 1e-9) for name in ("first", "second"))
    title = f"validation MRR@100, lead {lead['value']:+.4f}, 95 % within {error:.4f}"
    record.add(title, first, "", TITLE, second, aim=max(0.0, 1 - error / second))
    speeds = [run["report"]["tokens_per_second"] for run in (ours.result(), theirs.result())]
    record.add("train", speeds[0], "tokens/s", TITLE, speeds[1])
    record.finish()
