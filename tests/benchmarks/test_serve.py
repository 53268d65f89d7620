"""Answers: one history over a catalogue beside a bare product, and over HTTP at a steady rate."""

import asyncio
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from stages.bundle import opening
from tests.benchmarks import logs, runs, shapes
from tests.benchmarks.http_load import steady
from tests.benchmarks.people import histories
from tests.benchmarks.record import Record
from tests.benchmarks.sizes import overrides

AT_MOST = {"aim": 1.0, "at_most": True}
LIMIT = "the issue's limit"
RATE = 50  # requests a second
GB = 1e9
WARM = 1.0  # seconds of requests that are not timed


@pytest.mark.slow
def test_one_history_takes_milliseconds_in_process_and_over_http(size, tmp_path):
    """The sample's vacancies, by a model with its calibration."""
    bundle = sample_bundle(size, tmp_path)
    record = Record("serve_sample", size, target="bench-serve", ours=overrides(), rate=RATE)
    found = answers(bundle, tmp_path / "one", size.histories)
    record.runs = {"in process": found}
    many = f"{found['vacancies']:,} vacancies"
    median, p99 = statistics.median(found["answers"]), float(np.quantile(found["answers"], 0.99))
    bare = statistics.median(found["products"])
    record.add(f"one history over {many}, median", median, "ms", LIMIT, 10.0, **AT_MOST)
    record.add(f"one history over {many}, p99", p99, "ms", LIMIT, 30.0, **AT_MOST)
    record.add(f"one history over {many}, median", median, "ms", "bare product", bare)
    record.add("opening the bundle", found["open_seconds"], "s", LIMIT, 2.0, **AT_MOST)
    asked = histories(pl.read_ipc(bundle / opening.FACTS)["vacancy_id"].to_list(), size.histories)
    bodies = [json.dumps({"events": events, "k": 100}).encode() for events in asked]
    with serving(bundle) as (process, url):
        asyncio.run(steady(url, bodies, RATE, WARM))
        answered = asyncio.run(steady(url, bodies, RATE, size.seconds))
        memory = peak(process.pid)
    record.runs["over HTTP"] = vars(answered)
    told = f"over HTTP, {RATE} requests a second for {size.seconds:g} s"
    p99 = float(np.quantile(answered.milliseconds, 0.99))
    record.add(f"{told}, p99", p99, "ms", LIMIT, 50.0, **AT_MOST)
    record.add(
        f"{told}, median", statistics.median(answered.milliseconds), "ms", "in process", median
    )
    record.add("memory of the server", memory / GB, "GB", "the vectors", found["vectors"] / GB)
    assert answered.errors == []
    record.finish()


@pytest.mark.slow
def test_millions_of_vacancies_cost_little_more_than_their_product(size, kept, tmp_path):
    """Made-up vacancies without content, by a model with random weights."""
    shape = shapes.scaled("items2734k", size.share)
    settings = ["train.objective=causal", *overrides()]
    record = Record("serve_items", size, target="bench-serve", shape=vars(shape), ours=settings)
    bundle = kept / f"serve_items_{size.name}"
    if not opening.is_bundle(bundle):
        items_bundle(size, tmp_path, settings, bundle)
    found = answers(bundle, tmp_path / "one", size.histories)
    record.runs = {"in process": found}
    many = f"{found['vacancies']:,} vacancies"
    median, p99 = statistics.median(found["answers"]), float(np.quantile(found["answers"], 0.99))
    bare = statistics.median(found["products"])
    record.add(f"one history over {many}, median", median, "ms", LIMIT, 80.0, **AT_MOST)
    record.add(
        f"one history over {many}, median",
        median,
        "ms",
        "bare product",
        bare,
        aim=1.5,
        at_most=True,
    )
    record.add(f"one history over {many}, p99", p99, "ms", "bare product", bare)
    record.add("opening the bundle", found["open_seconds"], "s", LIMIT, 5.0, **AT_MOST)
    record.add("memory", found["memory"] / GB, "GB", "the vectors", found["vectors"] / GB)
    record.finish()


def sample_bundle(size, directory: Path) -> Path:
    """The bundle that BENCH_BUNDLE names, or one of the sample, trained for an epoch."""
    if given := os.environ.get("BENCH_BUNDLE"):
        return Path(given).resolve()
    raw = logs.sample(directory / "raw", size)
    chosen = ["train.epochs=1", "train.tracker=none", "predict.fallback=never", *overrides()]
    words = [word for one in chosen for word in ("--set", one)]
    runs.hhrec("run", "--raw", raw, "--artifacts", directory / "artifacts", *words)
    return directory / "artifacts" / "bundle"


def items_bundle(size, directory: Path, settings: list[str], bundle: Path) -> None:
    """Write a bundle of a model with random weights."""
    data, out = directory / "data", directory / "ours"
    shapes.write("items2734k", data, size.share)
    runs.ours("untrained", data, out, settings)
    paths = {"model": out / "model", "sequences": data / "sequences"}
    paths |= {"features": data / "features", "vocab": data / "vocab.parquet"}
    words = [word for name, path in paths.items() for word in (f"--{name}", path)]
    runs.hhrec("bundle", *words, "--out", bundle)


def answers(bundle: Path, out: Path, count: int) -> runs.Found:
    """Answer histories one by one."""
    task = {"bundle": str(bundle), "out": str(out), "histories": count}
    return runs.told("answers.py", out, task)


@contextmanager
def serving(bundle: Path) -> Iterator[tuple[subprocess.Popen, str]]:
    """Serve a bundle; the process and its URL."""
    words = ["serve", str(bundle), "--port", "0", "--json", "--watch", "0", "--quiet"]
    process = subprocess.Popen(
        [sys.executable, "-m", "hhrec_cli", *words],
        env={**os.environ, "PYTHONPATH": str(runs.ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process, json.loads(process.stdout.readline())["url"]
    finally:
        process.terminate()
        process.communicate(timeout=60)


def peak(pid: int) -> int:
    """Most bytes that a process held, files that it maps included."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) * 1024
