"""Broken inputs of every loader, and command lines at random, for tests that look for crashes."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import typer
from hypothesis import strategies as st

from hhrec_cli.main import app
from stages.core import calibration_file, manifests, model_files
from stages.data import check, import_log
from stages.data.formats import Flat
from stages.data.row_validation import EventLog
from stages.features import codebooks
from stages.params import load
from stages.report import metrics_reader
from stages.train import checkpointing

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
DEEP = "[" * 100_000


class Loader(NamedTuple):
    """What reads a file, and the name under which it looks for it."""

    name: str
    read: Callable[[Path], object]


def calibration(root: Path) -> object:
    """A calibration, asked for all that a prediction asks of it."""
    found = calibration_file.read(root)
    return found and (found.answer("auto"), found.vector(), found.lag + 1, found.rows + 1)


def state(root: Path) -> object:
    """Where a training stood, as its continuation uses it."""
    found = checkpointing.read_state(root)
    return f"{found.step:09d}", found


def manifest(root: Path) -> object:
    """What is known of an artifact, compared with what stands there."""
    return [
        (one.kind + one.command, {name: mark.size + 1 for name, mark in one.files.items()})
        for one in manifests.of(root / "vocab.parquet")
    ]


LOADERS = {
    "params": Loader("params.yaml", lambda root: load(root / "params.yaml")),
    "calibration": Loader("calibration.json", calibration),
    "state": Loader("state.json", state),
    "manifest": Loader(".hhrec/vocab.parquet.0123456789abcdef.json", manifest),
    "chosen": Loader("training.json", model_files.read_chosen),
    "books": Loader("books.json", codebooks.load_books),
    "tokenizer": Loader("tokenizer.json", codebooks.load_tokenizer),
    "metrics": Loader("test.json", metrics_reader.parts),
}


def raw(root: Path) -> object:
    """Raw files, checked as `hhrec data check` does."""
    return check.run(root)


def log(root: Path) -> object:
    """A flat log, imported; `root/out` is written."""
    file = next(one for one in root.iterdir() if one.stem == "log")
    return import_log.run(EventLog(Flat(file)), out=root / "out", force=True)


@st.composite
def documents(draw: st.DrawFn, good: Any) -> str:
    """Text of a JSON document near a good one: a value replaced or gone, cut off, or anything."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(st.text() | st.just(DEEP) | st.just("") | st.just("NaN"))
    if kind == 1:
        return json.dumps(draw(JSON))
    text = json.dumps(changed(draw, good))
    if kind == 2:
        return text[: draw(st.integers(0, len(text)))]
    return text


def changed(draw: st.DrawFn, value: Any) -> Any:
    """A document with one value at any depth replaced, or one key gone or new."""
    if isinstance(value, dict) and value and draw(st.integers(0, 4)):
        name = draw(st.sampled_from(sorted(value)))
        rest = {key: held for key, held in value.items() if key != name}
        way = draw(st.integers(0, 5))
        if way == 0:
            return rest
        if way == 1:
            return {**value, draw(st.text(max_size=5)): draw(JSON)}
        return {**value, name: changed(draw, value[name])}
    if isinstance(value, list) and value and draw(st.integers(0, 2)):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], changed(draw, value[place]), *value[place + 1 :]]
    return draw(JSON)


@st.composite
def damaged(draw: st.DrawFn, good: bytes) -> bytes:
    """Bytes near good ones: some turned, a piece gone, doubled or put in."""
    held = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(held) - 1)))
        way = draw(st.integers(0, 3))
        piece = draw(st.binary(min_size=1, max_size=8))
        if way == 0:
            held[place : place + len(piece)] = piece
        elif way == 1:
            del held[place : place + draw(st.integers(1, 64))]
        elif way == 2:
            held[place:place] = piece
        else:
            held[place:place] = held[place : place + 40]
    return bytes(held)


NAMES = ["artifacts/events", "artifacts/model", "artifacts/vocab.parquet", "artifacts", "raw", "new",
         "raw/train.parquet", "params.yaml", "nowhere", "", "new/below", "artifacts/sequences", "log.csv",
         "artifacts/predictions.parquet", "é\u202e", "a b", "-", "raw/labels.parquet"]  # fmt: skip
NUMBERS = [
    "-1",
    "0",
    "1",
    "2",
    "7",
    "50",
    "x",
    "",
    "1e3",
    "nan",
    "inf",
    "99999999999999999999",
    "0.5",
]
TEXTS = ["", "x", "user_id", "item_id", "auto", "none", "::", ";", "\t", "%", "%H", "[", "[bold]",
         "a=b", "=", "popular", "test", "NA,NULL", "1,2", "кот", "\x00"[:0], "2024-13-45", "train.lr=1"]  # fmt: skip
VALUES = [
    "1",
    "0",
    "-1",
    "true",
    "null",
    "[1]",
    "{a: 1}",
    "1e309",
    ".nan",
    "x",
    "",
    "auto",
    "2.5",
    "'",
]
LONG = {"train", "run", "daily", "tune"}  # rarely with nothing wrong in them


def lines(seed: int, count: int) -> Iterator[list[str]]:
    """Command lines: a command and options of its own mostly, values of its kinds mostly."""
    chance = random.Random(seed)  # noqa: S311  no secret
    commands = list(_commands(typer.main.get_command(app), []))
    keys = [name for name, _ in _keys()]
    for _ in range(count):
        path, command = chance.choice(commands)
        options = [one for one in command.params if isinstance(one, click.Option)]
        words = list(path)
        arguments = [one for one in command.params if isinstance(one, click.Argument)]
        words += [_value(one, chance) for one in arguments if chance.random() < 0.9]
        for one in chance.sample(options, min(len(options), chance.randrange(4))):
            words += _option(one, chance, keys)
        if path[0] in LONG and chance.random() < 0.9:
            words += ["--set", chance.choice(["train.lr=-1", "seed=x", "train.layers=0"])]
        if chance.random() < 0.1:
            words.insert(chance.randrange(len(words) + 1), chance.choice(TEXTS))
        yield words


def _commands(command: Any, path: list[str]) -> Iterator[tuple[list[str], Any]]:
    """Every command that does something, with the words that lead to it."""
    inner = getattr(command, "commands", None)
    if not inner:
        yield path, command
        return
    for name, one in sorted(inner.items()):
        yield from _commands(one, [*path, name])


def _keys() -> Iterator[tuple[str, str]]:
    """Names of parameters; trackers would look for a network."""
    from stages.params import Params, reference

    for row in reference.described(Params()):
        if "tracker" not in row.name:
            yield row.name, str(row.value)


def _option(option: Any, chance: random.Random, keys: list[str]) -> list[str]:
    name = chance.choice(option.opts)
    if name == "--set":
        return [name, f"{chance.choice(keys)}={chance.choice(VALUES)}"]
    if option.is_flag:
        return [name]
    return [name, _value(option, chance)]


def _value(one: Any, chance: random.Random) -> str:
    """A value of an option's kind, or of any."""
    kind = one.type.name
    choices = [str(getattr(choice, "value", choice)) for choice in getattr(one.type, "choices", ())]
    pools = {"path": NAMES, "file": NAMES, "integer": NUMBERS, "float": NUMBERS}
    pool = choices or pools.get(kind.removesuffix(" range"), TEXTS)
    return chance.choice(pool if chance.random() < 0.85 else [*NAMES, *NUMBERS, *TEXTS])
