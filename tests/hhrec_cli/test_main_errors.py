"""What a user can get wrong in each command: one clear message, a next command, the exit code."""

import shutil
import zipfile
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


def holds(name: str, content: str | bytes) -> Callable[[], None]:
    """Write a file."""
    data = content if isinstance(content, bytes) else content.encode()
    return lambda: Path(name).write_bytes(data) and None


def table(name: str, **columns: list[object]) -> Callable[[], None]:
    """Write a Parquet table."""
    return lambda: pl.DataFrame(columns).write_parquet(name)


def folder(name: str) -> Callable[[], None]:
    """Make an empty directory."""
    return lambda: Path(name).mkdir()


def zipped(name: str, **files: str) -> Callable[[], None]:
    """Write an archive; `a_csv` stands for `a.csv`."""

    def act() -> None:
        with zipfile.ZipFile(name, "w") as made:
            for file, text in files.items():
                made.writestr(file.replace("_", "."), text)

    return act


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
    "daily --from artifacts --artifacts new": ("raw", "--raw DIR"),
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
    Case("daily --from artifacts", nothing, 2, ("holds yesterday's artifacts",), "--artifacts DIR"),
    Case("daily --from nowhere --artifacts new", nothing, 3, ("nowhere/model",), "hhrec train"),
    Case("init --raw other", nothing, 2, ("params.yaml", "--raw other"), "raw:"),
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


HEAD = "user_id,item_id,timestamp\n"
DAYS = "".join(f"u,i{day},2024-01-0{day}\n" for day in (1, 2))
RATED = "user_id,item_id,timestamp,rating\n" + "".join(
    f"u,i{n},2024-01-0{n},{n}\n" for n in range(1, 6)
)
TIMES: list[object] = [[1, 2]]
LOGS = [  # words after `data import`, what is there, exit code, message, hint
    ("a.csv --separator ::", holds("a.csv", "1::2::3\n"), 2, "one character of ASCII", "sed"),
    ("a.csv", holds("a.csv", "1,2,1700000000\n"), 1, "no column `user_id`", "--no-header"),
    ("a.csv", holds("a.csv", "user_id;item_id;timestamp\n"), 1, "no column", "--separator"),
    ("a.csv --columns a,b,c,d", holds("a.csv", "1,2,3\n"), 1, "names 4 columns", "--separator"),
    ("a.csv --columns a,a,b", holds("a.csv", "1,2,3\n"), 2, "a stands twice", ""),
    ("a.jsonl --no-header", holds("a.jsonl", "{}\n"), 2, "go with csv and tsv", ""),
    ("a.csv --user who", holds("a.csv", HEAD), 1, "no column `who`", "--help"),
    ("a.csv", holds("a.csv", ""), 1, "not readable", "mend the file"),
    ("a.csv", holds("a.csv", HEAD), 1, "none of 0 rows", "--time-format"),
    ("a.csv", holds("a.csv", HEAD.encode() + b"\xff\xfe,1,2\n"), 1, "not readable", "mend"),
    ("a.csv", holds("a.csv", HEAD + "1,2,3,4\n"), 1, "not readable", "mend"),
    ("a.csv", holds("a.csv", HEAD + "u,i,32.13.2024\n"), 1, "unreadable_time 1", "--time-format"),
    ("a.csv --time-format fortnight", holds("a.csv", HEAD + DAYS), 2, "expected auto, iso", ""),
    ("a.csv --action rating", holds("a.csv", RATED), 1, "a scale of ratings", "--response 4"),
    ("a.csv --view see", holds("a.csv", RATED), 2, "no column holds them", ""),
    ("a.csv --action rating --view 1 --response 1", holds("a.csv", RATED), 2, "two meanings", ""),
    ("a.csv --action rating --view see", holds("a.csv", RATED), 1, "action names found: 1", ""),
    ("a.csv", holds("a.csv", HEAD + DAYS), 1, "no test session", "--split none"),
    ("a.csv --split half", holds("a.csv", HEAD + DAYS), 2, "half", ""),
    ("a.csv --split none --cut 2024-01-01", holds("a.csv", HEAD + DAYS), 2, "only a time-cut", ""),
    ("a.csv --split time-cut --test-share 2", holds("a.csv", HEAD), 2, "between 0 and 1", ""),
    ("a.csv --split time-cut --cut 2024-13-45", holds("a.csv", HEAD), 2, "range of 1-12", ""),
    ("a.csv --session-gap 0", holds("a.csv", HEAD), 2, "minutes above 0", ""),
    ("a.csv --session-gap nan", holds("a.csv", HEAD), 2, "minutes above 0", ""),
    ("a.csv --session s --session-gap 5", holds("a.csv", HEAD), 2, "exclude each other", ""),
    ("a.csv --memory-gb 0", holds("a.csv", HEAD), 2, "memory-gb", ""),
    ("a.csv --format xlsx", holds("a.csv", HEAD), 2, "expected one of csv", ""),
    ("a.xlsx", holds("a.xlsx", HEAD), 2, "unknown by its suffix", ""),
    ("a.csv --nested events", holds("a.csv", HEAD), 2, "goes with JSON lines", ""),
    ("a.jsonl", holds("a.jsonl", "{half\n"), 1, "not JSON lines", "an object a line"),
    ("a.jsonl", holds("a.jsonl", "[" * 50_000 + "\n"), 1, "not JSON lines", "an object a line"),
    ("a.jsonl --nested events", holds("a.jsonl", "{}\n"), 1, "no column `events`", "--nested"),
    ("a.csv.gz", holds("a.csv.gz", b"\x1f\x8bhalf"), 1, "not readable", "mend"),
    ("a.parquet", holds("a.parquet", "PAR1"), 1, "not readable", "mend"),
    ("a.parquet", table("a.parquet", user_id=["u"], item_id=[{"a": 1}], timestamp=[1]), 1,
     "column `item_id`: expected values", "name a column"),
    ("a.parquet", table("a.parquet", user_id=["u"], item_id=[[1]], timestamp=TIMES), 1,
     "of unequal length in 1 row", "mend these rows"),
    ("a.parquet --time-format %Y", table("a.parquet", user_id=["u"], item_id=[1], timestamp=[1.5]),
     2, "reads text, but the times are Float64", ""),
    ("a.zip", holds("a.zip", "PK"), 1, "not a ZIP archive", "unpack it"),
    ("a.zip", zipped("a.zip", a_csv=HEAD, b_jsonl="{}"), 1, "parts of one table", "a.zip/a.csv"),
    ("a.zip/b.csv", zipped("a.zip", a_csv=HEAD), 3, "no b.csv in it; found a.csv", "archive"),
    ("a.zip", zipped("a.zip", readme=HEAD), 1, "a known format", "--format"),
    ("parts", folder("parts"), 1, "a known format", "--format"),
    ("a.csv --items b.csv", holds("a.csv", HEAD + DAYS), 3, "b.csv", "name an existing file"),
    ("a.csv --items-title t", holds("a.csv", HEAD), 2, "without an item table", ""),
    ("a.csv --items-only", holds("a.csv", HEAD), 2, "without an item table", "--items"),
    ("a.csv --items a.csv --items-field x=item_id", holds("a.csv", HEAD), 2, "no such field", ""),
    ("a.csv --items a.csv --items-field name", holds("a.csv", HEAD), 2, "FIELD=COLUMN", ""),
    ("a.csv --items a.csv --items-title t", holds("a.csv", HEAD + DAYS), 1, "no column `t`", ""),
]  # fmt: skip
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 30))
FILES_OF_PARAMETERS = {
    BOMB: "aliases",
    "[" * 5_000: "levels of nesting",
    "train: {lr: 0.1, lr: 0.2}": "stands twice",
    "split: {kind: 2024-13-45}": "month must be in",
    "seed: !!int x": "invalid literal",
    "seed: " + "9" * 10_000: "digit",
    "- 1": "expected a mapping",
    "train: {": "not YAML",
    "x: !!python/object/apply:os.getcwd []": "could not determine a constructor",
    "a: " + "x" * 2_000_000: "bytes",
}
SETTINGS = {
    "train.lr=.inf": "train.lr",
    "train.clip=.nan": "train.clip",
    "explode.memory_gb=.inf": "explode.memory_gb",
    "seed=true": "seed",
    "predict.k=1000000000": "predict.k",
    "train.session_weight=1e38": "train.session_weight",
    "lr=0.1": "did you mean train.lr?",
    "train.lr=[1]": "train.lr",
    "split.kind=sometimes": "split.kind",
    "raw.x=1": "`raw` is not a section",
}


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
    for words, broken, code, said, hint in LOGS:
        rows.append(Case(f"data import {words} --out new", broken, code, (said,), hint))
    for text, said in FILES_OF_PARAMETERS.items():
        rows.append(Case("explode --params p.yaml", holds("p.yaml", text), 1, ("p.yaml", said), ""))
    rows += [
        Case(f"explode --set {one}", nothing, 1, (said,), "") for one, said in SETTINGS.items()
    ]
    return rows + OTHERS


def test_the_catalogue_is_of_150_rows_and_more() -> None:
    assert len(cases()) >= 150


@pytest.mark.parametrize(
    "case", cases(), ids=lambda case: f"{case.typed}: {' '.join(case.said)}"[:90]
)
@pytest.mark.usefixtures("project")
def test_one_clear_message(case: Case, hhrec: Type) -> None:
    case.broken()
    shown = hhrec(*case.typed.split())
    assert (shown.code, shown.out) == (case.code, ""), shown.err
    said = shown.said()
    for words in case.said:
        assert words in said
    assert "Traceback" not in said
    assert len(shown.err) < 5_000
    assert not Path("new").exists()
    if case.code != 2:
        assert said.count("error ") >= 1
        assert case.hint in said.partition(" next ")[2]
        assert " next " in said
