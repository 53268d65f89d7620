"""What a user can get wrong in each command: one clear message, a next command, the exit code."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

from tests.helpers.command import Type


def gone(name: str) -> Callable[[], None]:
    """Remove a file or directory."""

    def act() -> None:
        path = Path(name)
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return act


def garbage(name: str) -> Callable[[], None]:
    """Put text where Parquet or JSON is expected."""
    return lambda: _each(name, lambda file: file.write_text("not this"))


def without(name: str, column: str) -> Callable[[], None]:
    """Drop a column of a table."""
    return lambda: _each(name, lambda file: pl.read_parquet(file).drop(column).write_parquet(file))


def retyped(name: str, column: str, dtype: pl.DataType) -> Callable[[], None]:
    """Give a column another dtype, all null."""
    null = pl.lit(None, dtype=dtype).alias(column)
    return lambda: _each(
        name, lambda file: pl.read_parquet(file).with_columns(null).write_parquet(file)
    )


def _each(name: str, act: Callable[[Path], object]) -> None:
    """Change files as an older version of hhrec would have left them: without manifests."""
    path = Path(name)
    shutil.rmtree("artifacts/.hhrec")
    for file in [path] if path.is_file() else sorted(path.glob("bucket-*.parquet")):
        act(file)


def nothing() -> None:
    """Break nothing: the command line itself is wrong."""


class Case(NamedTuple):
    """What is typed after what was broken; the exit code; words of the message and of the hint."""

    typed: str
    broken: Callable[[], None]
    code: int
    said: tuple[str, ...]
    hint: str


A = "artifacts/"
MISSING = {
    "explode": ("raw/train.parquet", "hhrec data sample"),
    "filter": (A + "events", "hhrec explode"),
    "vocab build": (A + "filtered", "hhrec filter"),
    "vocab show": (A + "vocab.parquet", "hhrec vocab build"),
    "vocab lookup cook-1": (A + "vocab.parquet", "hhrec vocab build"),
    "features build": (A + "vocab.parquet", "hhrec vocab build"),
    "features show": (A + "features", "hhrec features build"),
    "sequences build": (A + "events", "hhrec explode"),
    "sequences show": (A + "sequences", "hhrec sequences build"),
    "train": (A + "sequences", "hhrec sequences build"),
    "predict": (A + "model", "hhrec train"),
    "predict --part validation": (A + "sequences/validation", "hhrec sequences build"),
    "evaluate": (A + "predictions.parquet", "hhrec predict"),
    "baseline popular": (A + "sequences", "hhrec sequences build"),
    "run": ("raw", "--raw DIR"),
}
WRONG_COLUMN = {
    "explode": ("raw/train.parquet", "action_dt", "hhrec data check"),
    "filter": (A + "events", "part", "hhrec explode"),
    "vocab build": ("raw/vacancies.parquet", "vacancy_id", ""),
    "vocab show": (A + "vocab.parquet", "trained", "hhrec vocab build"),
    "features build": ("raw/vacancies.parquet", "compensation.from", ""),
    "sequences build": (A + "filtered", "position", "hhrec filter"),
    "sequences show": (A + "sequences/test", "asked_at", "hhrec sequences build"),
    "train": (A + "sequences/train", "items", "hhrec sequences build"),
    "predict": (A + "vocab.parquet", "item", "hhrec vocab build"),
    "evaluate": (A + "predictions.parquet", "predictions", "hhrec predict"),
    "baseline last_viewed": (A + "sequences/test", "actions", "hhrec sequences build"),
    "run --force": ("raw/test.parquet", "session_id", "hhrec data check"),
}
GARBAGE = {
    "explode": "raw/test.parquet",
    "filter": A + "events",
    "vocab build": "raw/vacancies.parquet",
    "features build": "raw/vacancies.parquet",
    "sequences build": A + "filtered",
    "train": A + "vocab.parquet",
    "predict": A + "model/model.safetensors",
    "evaluate": "raw/labels.parquet",
    "baseline popular": A + "vocab.parquet",
    "run --force": "raw/train.parquet",
}
CONFIGURED = [
    *("explode", "filter", "vocab build", "features build", "sequences build", "train", "predict"),
    *("evaluate", "baseline popular", "run", "params"),
]
OTHERS = [
    Case("baseline best", nothing, 2, ("best", "popular"), ""),
    Case("baseline", nothing, 2, ("NAME",), ""),
    Case("vocab lookup cook-77", nothing, 1, ("cook-77",), ""),
    Case("features show cook-77", nothing, 1, ("cook-77",), ""),
    Case("sequences show --user nobody", nothing, 1, ("nobody",), ""),
    Case("predict --part train", nothing, 2, ("train", "validation"), ""),
    Case("features build --books nowhere", nothing, 3, ("nowhere",), ""),
    Case("vocab build --extend nowhere.parquet", nothing, 3, ("nowhere.parquet",), ""),
    Case("evaluate --predictions other.parquet", nothing, 3, ("other.parquet",), ""),
    Case("data check nowhere", nothing, 3, ("nowhere",), ""),
    Case("data import nowhere.csv --out new", nothing, 3, ("nowhere.csv",), ""),
    Case("data sample --out new --sessions 0", nothing, 1, ("sessions",), ""),
    Case("run --raw nowhere", nothing, 3, ("nowhere",), "--raw DIR"),
    Case("run --raw raw", gone(A + "inputs.json"), 1, ("unknown input files",), "--force"),
    Case("explode --set split.kind=after:2030-01-01", nothing, 1, ("2030-01-01",), ""),
    Case("filter --set filter.min_item_events=1000", nothing, 1, ("min_item_events",), ""),
    Case("vocab build --set vocab.min_count=1000", nothing, 1, ("vocab.min_count",), ""),
    Case("train --set train.objective=mlm --set train.session_weight=1", nothing, 1,
         ("session_weight",), "params"),
    Case("train --set train.heads=3", nothing, 1, ("heads", "hidden_size"), "hhrec params"),
    Case("evaluate --out x.json --predictions raw/test.parquet", nothing, 1, ("predictions",), ""),
]  # fmt: skip


def cases() -> list[Case]:
    """The whole table."""
    rows = [Case(typed, gone(file), 3, (file,), hint) for typed, (file, hint) in MISSING.items()]
    for typed, (file, column, hint) in WRONG_COLUMN.items():
        rows.append(Case(typed, without(file, column), 1, (file, column), hint))
        rows.append(Case(typed, retyped(file, column, pl.Date()), 1, (file, column), hint))
    for typed, file in GARBAGE.items():
        rows.append(Case(typed, garbage(file), 1, (file.removesuffix("/model.safetensors"),), ""))
    for typed in CONFIGURED:
        rows += [
            Case(f"{typed} --set train.lr=-1", nothing, 1, ("train.lr", "-1"), "hhrec params"),
            Case(f"{typed} --set train.rate=1", nothing, 1, ("train.rate",), "hhrec params"),
            Case(f"{typed} --set lr", nothing, 1, ("section.key=value",), "--set train.lr"),
            Case(f"{typed} --params no.yaml", nothing, 3, ("no.yaml",), "--params FILE"),
            Case(f"{typed} --no-such-option", nothing, 2, ("--no-such-option",), ""),
        ]
    return rows + OTHERS


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.typed}: {' '.join(case.said)}")
@pytest.mark.usefixtures("project")
def test_one_clear_message(case: Case, hhrec: Type) -> None:
    case.broken()
    shown = hhrec(*case.typed.split())
    assert (shown.code, shown.out) == (case.code, ""), shown.err
    said = shown.said()
    for words in case.said:
        assert words in said
    assert "Traceback" not in said
    if case.code != 2:
        assert said.count("error ") >= 1
        assert case.hint in said.partition(" next ")[2]
        assert " next " in said
