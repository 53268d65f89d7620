"""Sizes for the benchmarks, and the lengths of what they train on."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.benchmarks.sizes import Size, chosen


@pytest.fixture(scope="session")
def size() -> Size:
    return chosen()


@pytest.fixture
def kept(tmp_path) -> Path:
    """Where long runs go: BENCH_RUNS, whose runs are not repeated, or nowhere for long."""
    return Path(os.environ.get("BENCH_RUNS", tmp_path)).resolve()


@pytest.fixture
def lengths():
    """Events of each train history of some artifacts, cut to a window."""

    def read(artifacts: Path, max_length: int) -> np.ndarray:
        items = pl.read_parquet(artifacts / "sequences/train/*.parquet", columns=["items"])["items"]
        return np.minimum(items.list.len().to_numpy(), max_length).astype(np.int64)

    return read
