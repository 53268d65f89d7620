"""The logs that studies of quality run on: the sample, and where ../shared is, real ones."""

from pathlib import Path

import pytest

from tests.benchmarks import runs
from tests.benchmarks.sizes import Size

SHARED = runs.ROOT.parent / "shared" / "data"
MOVIELENS = ["--user", "userId", "--item", "movieId", "--items-title", "title"]
GENRES = ["--items-field", "keySkills.keySkill=genres"]
HIDE = ["predict.seen.response=hide"]
SETTINGS = {"sample": [], "deskdrop": [], "movielens": ["split.kind=test_sessions", *HIDE]}


def sample(out: Path, size: Size) -> Path:
    """Write the default sample, or a small one to prove that the harness runs."""
    users = [] if size.strict else ["--users", "300"]
    runs.hhrec("data", "sample", "--out", out, *users)
    return out


def movielens(source: Path, out: Path) -> Path:
    """Import MovieLens small, leave-one-out."""
    if not (source / "ratings.csv").is_file():
        pytest.skip(f"no ratings.csv in {source}")
    items = ["--items", source / "movies.csv", *MOVIELENS, *GENRES]
    runs.hhrec("data", "import", source / "ratings.csv", "--out", out, *items)
    return out


def deskdrop() -> Path:
    """Find the real log in our own format."""
    raw = SHARED / "deskdrop"
    if not raw.is_dir():
        pytest.skip(f"no {raw}")
    return raw
