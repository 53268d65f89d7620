"""The sample without one part of the model at a time: each should hurt, or the part has no place."""

import os
from pathlib import Path

import pytest

from tests.benchmarks import logs, runs, without
from tests.benchmarks.record import Record

PARTS = os.environ.get("BENCH_PARTS", " ".join(without.PARTS)).split()


def work(raw: Path, directory: Path, part: str, settings: list[str]) -> runs.Found:
    """Train and predict without a part."""
    source, out = raw, directory / f"sample-without-{part}"
    if part in without.COLUMNS:
        source = directory / f"sample-without-{part}-raw"
        without.columns(raw, source, part)
    chosen = [*settings, *([without.PARAMETERS[part]] if part in without.PARAMETERS else [])]
    patch = part if part in without.PATCHES else ""
    return runs.ours("curve", source, out, chosen, without=patch)


@pytest.mark.slow
def test_each_part_of_the_model_earns_its_place(size, kept):
    raw = logs.raw("sample", kept, size)
    settings = logs.settings("sample", size, "seed=1")
    record = Record("ablations", size, ours=settings)
    with runs.pool() as pool:
        whole = pool.submit(runs.ours, "curve", raw, kept / "sample-prefix-1", settings)
        less = pool.map(lambda part: work(raw, kept, part, settings), PARTS)
        record.runs = {"whole": whole.result()} | dict(zip(PARTS, less, strict=True))
    labels = ["--labels", raw / "labels.parquet", "--raw", raw]
    for part in PARTS:
        names = ("sample-prefix-1", f"sample-without-{part}")
        files = [kept / name / "predictions.parquet" for name in names]
        found = runs.hhrec("evaluate", "--compare", *files, *labels)
        lead = found["differences"]["MRR@100"]
        record.runs[f"lead over without {part}"] = lead
        record.add(
            f"MRR@100, lead {lead['value']:+.4f} ({lead['low']:+.4f} to {lead['high']:+.4f})",
            found["first"]["MRR@100"],
            "",
            f"without {part.replace('_', ' ')}",
            max(found["second"]["MRR@100"], 1e-9),
            aim=1.0,
        )
    record.finish()
