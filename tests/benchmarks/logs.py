"""The logs that studies of quality run on: the sample, and where ../shared is, real ones."""

import os
from pathlib import Path

import pytest

from tests.benchmarks import runs
from tests.benchmarks.sizes import Size, overrides

SHARED = Path(os.environ.get("BENCH_SHARED", runs.ROOT.parent / "shared" / "data"))
MOVIELENS = ["--user", "userId", "--item", "movieId", "--items-title", "title"]
GENRES = ["--items-field", "keySkills.keySkill=genres"]
HIDE = ["predict.seen.response=hide"]
TINY = ["train.epochs=1", "sequences.max_length=16"]
SETTINGS = {"sample": [], "deskdrop": [], "movielens": ["split.kind=test_sessions", *HIDE]}


def raw(log: str, directory: Path, size: Size) -> Path:
    """Find the raw files of a log, or write them once."""
    if log == "deskdrop":
        return deskdrop()
    out = directory / f"{log}-raw"
    if (out / "train.parquet").is_file():
        return out
    return sample(out, size) if log == "sample" else movielens(out)


def sample(out: Path, size: Size) -> Path:
    """Write the default sample, or a small one to prove that the harness runs."""
    less = [] if size.strict else ["--sessions", "1000", "--vacancies", "800"]
    runs.hhrec("data", "sample", "--out", out, *less)
    return out


def movielens(out: Path) -> Path:
    """Import MovieLens small, leave-one-out."""
    source = SHARED / "ml-latest-small"
    if not (source / "ratings.csv").is_file():
        pytest.skip(f"no ratings.csv in {source}")
    items = ["--items", source / "movies.csv", *MOVIELENS, *GENRES]
    runs.hhrec("data", "import", source / "ratings.csv", "--out", out, *items)
    return out


def deskdrop() -> Path:
    """Find the real log in our own format."""
    found = SHARED / "deskdrop"
    if not found.is_dir():
        pytest.skip(f"no {found}")
    return found


def settings(log: str, size: Size, *more: str) -> list[str]:
    """Parameters for a log."""
    return [*SETTINGS[log], *([] if size.strict else TINY), *overrides(), *more]
