"""The sample without one part of the model at a time: each should hurt, or the part has no place."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.benchmarks import logs, runs, without
from tests.benchmarks.record import Record
from tests.benchmarks.sizes import overrides

SEEDS = (1, 2)
TINY = ["train.epochs=1", "sequences.max_length=16"]


def work(raw: Path, out: Path, part: str, seed: int, settings: list[str]) -> runs.Found:
    """Train and predict without a part; scores on both parts of the log."""
    source = raw
    if part in without.COLUMNS:
        source = out.with_name(f"{out.name}-raw")
        without.columns(raw, source, part)
    chosen = [*settings, f"seed={seed}"]
    chosen += [without.PARAMETERS[part]] if part in without.PARAMETERS else []
    patch = part if part in without.PATCHES else ""
    return runs.ours("everything", source, out, chosen, without=patch)


@pytest.mark.slow
def test_each_part_of_the_model_earns_its_place(size, tmp_path):
    raw = logs.sample(tmp_path / "raw", size)
    settings = [*([] if size.strict else TINY), *overrides()]
    seeds = SEEDS if size.strict else SEEDS[:1]
    record = Record("ablations", size, ours=settings, seeds=seeds)
    names = [(part, seed) for seed in seeds for part in ("whole", *without.PARTS)]
    with ThreadPoolExecutor(int(os.environ.get("BENCH_JOBS", "1"))) as pool:
        found = pool.map(
            lambda one: work(raw, tmp_path / f"{one[0]}-{one[1]}", *one, settings), names
        )
        record.runs = {
            f"{part}-{seed}": run for (part, seed), run in zip(names, found, strict=True)
        }
    for part in without.PARTS:
        for seed in seeds:
            compare(record, raw, tmp_path, part, seed)
    record.finish()


def compare(record, raw, directory, part, seed):
    """Score the whole model beside the one without a part, on the test rows."""
    files = [directory / f"{name}-{seed}" / "predictions.parquet" for name in ("whole", part)]
    labels = ["--labels", raw / "labels.parquet", "--raw", raw]
    found = runs.hhrec("evaluate", "--compare", *files, *labels)
    lead = found["differences"]["MRR@100"]
    record.runs[f"lead over {part}-{seed}"] = lead
    bounds = f"{lead['low']:+.4f} to {lead['high']:+.4f}"
    record.add(
        f"MRR@100, lead {lead['value']:+.4f} ({bounds}), seed {seed}",
        found["first"]["MRR@100"],
        "",
        f"without {part.replace('_', ' ')}",
        max(found["second"]["MRR@100"], 1e-9),
        aim=1.0,
    )
