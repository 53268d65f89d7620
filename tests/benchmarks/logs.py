"""The logs that studies of quality run on: the sample, and where ../shared is, real ones."""

import os
from pathlib import Path

import pytest

from tests.benchmarks import ratings, runs
from tests.benchmarks.sizes import Size, overrides

SHARED = Path(os.environ.get("BENCH_SHARED", runs.ROOT.parent / "shared" / "data"))
MOVIELENS = ["--user", "userId", "--item", "movieId", "--items-title", "title"]
GENRES = ["--items-field", "keySkills.keySkill=genres"]
HIDE = ["predict.seen.response=hide"]
TINY = ["train.epochs=1", "sequences.max_length=16"]
SETTINGS = {
    "sample": [],
    "deskdrop": [],
    "movielens": ["split.kind=test_sessions", *HIDE],
    "ml1m": ["split.kind=test_sessions", "sequences.max_length=200", *HIDE],
}


def raw(log: str, directory: Path, size: Size) -> Path:
    """Find the raw files of a log, or write them once; skip where its source is absent."""
    if log in READY:
        return ready(log)
    out = directory / f"{log}-raw"
    if (out / "train.parquet").is_file():
        return out
    return MADE[log](out, size) if log in MADE else IMPORTS[log](out)


def ready(log: str) -> Path:
    """Find a log that is there in our own format."""
    found = SHARED / log
    if not (found / "train.parquet").is_file():
        pytest.skip(f"no train.parquet in {found}")
    return found


def sample(out: Path, size: Size) -> Path:
    """Write the default sample, or a small one to prove that the harness runs."""
    less = [] if size.strict else ["--sessions", "1000", "--vacancies", "800"]
    runs.hhrec("data", "sample", "--out", out, *less)
    return out


def ml1m(out: Path, size: Size) -> Path:
    """Write and import a made-up log of MovieLens-1M's size, leave-one-out."""
    source = ratings.write(out.with_name(f"{out.name}-csv"), size.share**0.5)
    runs.hhrec("data", "import", source, "--out", out, "--user", "userId", "--item", "movieId")
    return out


def movielens(out: Path) -> Path:
    """Import MovieLens small, leave-one-out."""
    source = SHARED / "ml-latest-small"
    if not (source / "ratings.csv").is_file():
        pytest.skip(f"no ratings.csv in {source}")
    items = ["--items", source / "movies.csv", *MOVIELENS, *GENRES]
    runs.hhrec("data", "import", source / "ratings.csv", "--out", out, *items)
    return out


def repeats(out: Path) -> Path:
    """Import the small log of responses only, of which four in five repeat an own item."""
    found = sorted((SHARED.parent / "cases" / "quality").glob("17-*/events.csv"))
    if not found:
        pytest.skip(f"no quality/17-*/events.csv in {SHARED.parent / 'cases'}")
    runs.hhrec("data", "import", found[0], "--out", out)
    return out


READY = ("deskdrop", "diginetica", "groceries", "ciao")
MADE = {"sample": sample, "ml1m": ml1m}
IMPORTS = {"movielens": movielens, "repeats": repeats}
ALL = ("sample", "deskdrop", "movielens", "diginetica", "groceries", "ciao", "repeats")


def settings(log: str, size: Size, *more: str) -> list[str]:
    """Parameters for a log, set by hand where it asks for it."""
    return [*SETTINGS[log], *defaults(size), *more]


def defaults(size: Size) -> list[str]:
    """Parameters for any log: the defaults but for BENCH_SET, and a quick run at a small size."""
    return [*([] if size.strict else TINY), *overrides()]
