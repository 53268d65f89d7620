"""The benchmark for GPUs, proven without one: its figures are written, and nothing takes it down."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from tests.benchmarks import gpu, gpu_worlds
from tests.benchmarks.gpu_child import MODULES, Bench, OverTimeError


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path, torch.device("cpu"), tiny=True, end=time.time() + 60)
    made.part = "search"
    return made


def test_each_part_writes_its_figures_from_a_process_of_its_own(tmp_path):
    words = [sys.executable, "tests/benchmarks/gpu.py", str(tmp_path), "--only", "search", "syncs"]
    known = os.environ | {"BENCH_SIZE": "tiny"}
    done = subprocess.run(
        words, cwd=gpu.ROOT, env=known, capture_output=True, text=True, check=True
    )
    found = json.loads((tmp_path / "gpu.json").read_text())
    assert list(found) == ["search", "syncs"]
    assert found["search"]["entries that differ from a full sort"]["value"] == 0
    assert found["search"]["bf16, 300 rows, 2048 at once"]["value"] > 0
    assert all(line.startswith("| ") for line in done.stdout.splitlines())


def test_what_fails_is_told_and_the_next_is_done(bench, capsys):
    def fail():
        raise RuntimeError("no such kernel")

    bench.attempt("one", fail)
    bench.attempt("other", lambda: bench.row("other", 2.5, "s"))
    assert "no such kernel" in (bench.out / "errors.txt").read_text()
    assert "| search | one | failed" in capsys.readouterr().out
    assert json.loads((bench.out / "gpu.json").read_text())["search"]["other"]["value"] == 2.5


def test_what_takes_too_long_is_stopped(bench):
    with pytest.raises(OverTimeError), bench.within(0.1):
        time.sleep(5)


def test_a_part_that_takes_its_process_down_is_not_begun_again(tmp_path):
    assert gpu.begun(tmp_path) == set()
    (tmp_path / "begun.json").write_text('["machine"]')
    assert gpu.begun(tmp_path) == {"machine"}
    assert set(MODULES) == set(gpu.PARTS)


@pytest.mark.parametrize("world", [gpu_worlds.ML1M.scaled(0.02), gpu_worlds.CONTEST.scaled(0.0002)])
def test_a_world_is_a_log_of_its_sizes(world):
    met = gpu_worlds.histories(world, np.random.default_rng(1))
    known = gpu_worlds.catalogue(world, met, near=True, generator=np.random.default_rng(2))
    assert len(met) == world.users
    assert len(known) == world.items + 3
    table = known.neighbours.whole.table
    assert table.has_canonical_format  # ascending, and none twice in a line
    assert table.indices.min() >= 3
    assert table.indices.max() < len(known)
    inside = np.ones(len(met.items) - 1, dtype=bool)
    inside[met.offsets[1:-1] - 1] = False
    assert (np.diff(met.times)[inside] >= 0).all()
    assert (np.diff(met.sessions)[inside] >= 0).all()
    again = gpu_worlds.histories(world, np.random.default_rng(1))
    assert (again.items == met.items).all()
    assert met.items.min() >= 3
    if world.movies:
        assert (met.ranks == met.met).all()  # nothing twice
