"""The files of a model directory: their names, their readers and writers.

`save_pretrained` writes config and weights, this module the vacancies that the id embeddings are of
and the epoch of the training, `stages.core.calibration_file` the calibration.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from stages.core import json_text, tables
from stages.core.item_ids import FIRST_ITEM
from stages.core.schema import STRING, Schema
from stages.interface.errors import HhrecError, MissingInputError

CONFIG, WEIGHTS = "config.json", "model.safetensors"  # what `transformers` calls them
VOCABULARY, CHOSEN = "vocabulary.parquet", "training.json"
CALIBRATION = "calibration.json"
NEIGHBOURS = "neighbours"  # which vacancies follow which: a folder of arrays
BEST = "best.json"  # of the best model of a training that goes on: its step and its figure
NAMES: Schema = {"vacancy_id": STRING}


@dataclass(frozen=True)
class Chosen:
    """Which epoch of a training a model is of.

    Attributes:
        epoch: Epochs it was trained for.
        epochs: Epochs that the learning rate was planned for.
        validation_mrr_100: What made it the best; null where nothing was held out.
        asks: What it is asked for.
    """

    epoch: int
    epochs: int
    validation_mrr_100: float | None
    asks: str


def require(directory: Path) -> None:
    """Raise MissingInputError unless a model's config and weights are there."""
    if not all((directory / name).is_file() for name in (CONFIG, WEIGHTS)):
        raise MissingInputError(
            f"{directory}: expected {CONFIG} and {WEIGHTS} there", "run `hhrec train`"
        )


def write_names(directory: Path, names: pl.Series) -> None:
    """Write the vacancy ids of the vocabulary, in the order of their embeddings' rows."""
    tables.sink(names.alias("vacancy_id").to_frame(), directory / VOCABULARY, NAMES)


def read_names(directory: Path) -> pl.Series:
    """Vacancy ids of a model's vocabulary, (V,), the first of item 3.

    Raises:
        MissingInputError: The model has none: it is of an older version.
    """
    path = directory / VOCABULARY
    return tables.scan(path, NAMES, made_by="hhrec train").collect()["vacancy_id"]


def write_chosen(directory: Path, chosen: Chosen) -> None:
    """Write which epoch the model beside it is of."""
    text = json.dumps(asdict(chosen), indent=1) + "\n"
    (directory / CHOSEN).write_text(text, encoding="utf-8")


def read_chosen(directory: Path) -> Chosen:
    """Read which epoch a model is of.

    Raises:
        MissingInputError: Nothing says so.
        HhrecError: It is not readable.
    """
    path, hint = directory / CHOSEN, "run `hhrec train` to write it anew"
    if not path.is_file():
        raise MissingInputError(f"{path}: not found; the epoch of the model is written there", hint)
    try:
        return json_text.parsed(Chosen, path.read_text(encoding="utf-8"))
    except (ValueError, TypeError) as error:
        raise HhrecError(f"{path}: expected {CHOSEN} of a model ({error})", hint) from error


def check_names(directory: Path, vocab: pl.DataFrame, path: Path) -> None:
    """Refuse a vocabulary that gives a model's item ids to other vacancies.

    Args:
        directory: The model.
        vocab: `schema.VOCAB`, sorted by item.
        path: Where it was read, for the message.
    """
    known = read_names(directory)
    found = vocab["vacancy_id"].head(len(known))
    if not found.equals(known):
        same = min(len(found), len(known))
        other = int((found.head(same) != known.head(same)).sum()) + len(known) - same
        raise HhrecError(
            f"{path}: {other:,} of the {len(known):,} item ids from {FIRST_ITEM} on mean other"
            f" vacancies than in {directory}",
            "keep the model's ids: hhrec vocab build --extend OLD, or train anew, for example "
            f"with --from {directory}",
        )
