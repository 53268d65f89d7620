"""Files that name vacancies, for everyone or for some people: `--allow` and `--deny`."""

from pathlib import Path

import numpy as np
import polars as pl

from stages.core import table_files
from stages.core.item_ids import FIRST_ITEM
from stages.interface.errors import HhrecError, MissingInputError
from stages.rules.lists import Bools

SHOWN = 3  # unknown ids that an error names
PARQUET = b"PAR1"
USER, VACANCY = "user_id", "vacancy_id"


def read(path: Path, option: str) -> pl.DataFrame:
    """Read vacancy ids from a text file, one a line, or from Parquet.

    Args:
        path: Parquet has a column `vacancy_id`, or one column of any name; with `user_id` beside
            it, each id is meant for that person alone.
        option: The option that names the file, for messages.

    Returns:
        Distinct rows of vacancy_id and, where the file has it, user_id.

    Raises:
        MissingInputError: The file is not there.
        HhrecError: It cannot be read, has no such column, or holds no id.
    """
    if not path.is_file():
        raise MissingInputError(
            f"{path}: not found; expected vacancy ids, one a line, or a Parquet file",
            f"name a file of vacancy ids with {option} FILE",
        )
    hint = "give one vacancy id a line, or a Parquet file with a column vacancy_id"
    try:
        with path.open("rb") as file:
            is_parquet = file.read(len(PARQUET)) == PARQUET
        ids = _columns(path, hint) if is_parquet else _lines(path)
    except (OSError, UnicodeDecodeError, pl.exceptions.PolarsError) as error:
        raise HhrecError(f"{path}: not a readable list of vacancy ids ({error})", hint) from error
    if not len(ids):
        raise HhrecError(f"{path}: expected vacancy ids, found none", hint)
    return ids


def known_items(ids: pl.DataFrame, names: pl.DataFrame, path: Path) -> tuple[pl.DataFrame, int]:
    """Find the items of vacancy ids.

    Args:
        ids: What `read` gives.
        names: The vocabulary, by item.
        path: Where the ids come from.

    Returns:
        The ids of the vocabulary with their `item`, and how many ids are not there.

    Raises:
        HhrecError: None of them is.
    """
    found = ids.join(names.select(VACANCY, "item"), on=VACANCY, maintain_order="left")
    distinct = ids[VACANCY].unique(maintain_order=True)
    if found.is_empty():
        raise HhrecError(
            f"{path}: none of its {len(distinct)} vacancies is in the vocabulary, such as "
            + ", ".join(distinct.head(SHOWN)),
            "look one up with `hhrec vocab lookup ID`, or build a vocabulary that has them",
        )
    return found, len(distinct) - found[VACANCY].n_unique()


def mask(items: pl.Series, count: int) -> Bools:
    """Which of `count` vacancies are named, by item id, (count + 3,)."""
    found = np.zeros(count + FIRST_ITEM, dtype=bool)
    found[items.to_numpy()] = True
    return found


def _columns(path: Path, hint: str) -> pl.DataFrame:
    frame = table_files.read_parquet(path)
    others = [name for name in frame.columns if name != USER]
    name = VACANCY if VACANCY in others or not others else others[0]
    if name not in others or (name != VACANCY and len(others) > 1):
        raise HhrecError(f"{path}: expected a column vacancy_id, found {frame.columns}", hint)
    kept = {VACANCY: name, **({USER: USER} if USER in frame.columns else {})}
    found = frame.select(pl.col(column).cast(pl.String).alias(as_) for as_, column in kept.items())
    return found.drop_nulls().unique(maintain_order=True)


def _lines(path: Path) -> pl.DataFrame:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    ids = [line.strip() for line in lines if line.strip()]
    return pl.DataFrame({VACANCY: ids}, schema={VACANCY: pl.String}).unique(maintain_order=True)
