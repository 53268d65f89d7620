"""Fields of the catalogue, for the vacancies of a vocabulary."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from stages.core import table_files
from stages.interface.errors import HhrecError, MissingInputError

VACANCY = "vacancy_id"


def fields(path: Path, *, without: Sequence[str] = ()) -> list[str]:
    """Names of the fields of a catalogue.

    Raises:
        MissingInputError: The file is not there.
        HhrecError: It is not readable.
    """
    if not path.is_file():
        raise MissingInputError(
            f"{path}: not found; the fields of vacancies are read there",
            "name the catalogue with --vacancies FILE",
        )
    try:
        columns = list(table_files.parquet_schema(path))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise HhrecError(
            f"{path}: not a readable Parquet file ({error})", "name another with --vacancies FILE"
        ) from error
    return [name for name in columns if name not in without]


def read(path: Path, names: pl.DataFrame, wanted: Sequence[str]) -> pl.DataFrame:
    """Read fields of every vacancy of a vocabulary, in its order.

    Args:
        path: `vacancies.parquet`, or any Parquet file with `vacancy_id` and the fields.
        names: The vocabulary, by item.
        wanted: As columns are called there, or with underscores for dots. Of a vacancy that stands
            there twice, the least values count, a missing one first.

    Returns:
        Columns named as asked, null where the file lacks the vacancy.

    Raises:
        MissingInputError: The file is not there.
        HhrecError: It is no such table, or lacks a field.
    """
    columns = fields(path)
    spelt = {column.replace(".", "_"): column for column in columns} | {one: one for one in columns}
    missing = [field for field in (VACANCY, *wanted) if field not in spelt]
    if missing:
        raise HhrecError(
            f"{path}: no field {', '.join(map(repr, missing))}",
            f"its fields are {', '.join(columns)}",
        )
    distinct = list(dict.fromkeys(wanted))
    shown = [pl.col(spelt[field]).alias(field) for field in distinct]
    table = (
        table_files.scan_parquet(path)
        .select(pl.col(VACANCY).cast(pl.String), *shown)
        .join(names.lazy().select(VACANCY), on=VACANCY, how="semi")
        .collect()
    )
    if table[VACANCY].is_duplicated().any():
        table = table.sort(VACANCY, *distinct).unique(VACANCY, keep="first", maintain_order=True)
    return (
        names.select(VACANCY)
        .join(table, on=VACANCY, how="left", maintain_order="left")
        .select(*distinct)
    )
