"""Sizes for the benchmarks, and the lengths of what they train on."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.benchmarks.sizes import Size, chosen


@pytest.fixture(scope="session")
def size() -> Size:
    return chosen()


@pytest.fixture
def lengths():
    """Events of each train history of some artifacts, cut to a window."""

    def read(artifacts: Path, max_length: int) -> np.ndarray:
        items = pl.read_parquet(artifacts / "sequences/train/*.parquet", columns=["items"])["items"]
        return np.minimum(items.list.len().to_numpy(), max_length).astype(np.int64)

    return read
