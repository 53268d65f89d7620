"""Rows of the catalogue, each vacancy once."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from stages.core import table_files

VACANCY = "vacancy_id"
KEY = "hhrec id"  # beside the fields, which may have any other name


def first_rows(
    path: Path, columns: Sequence[pl.Expr], wanted: pl.Series | None = None
) -> pl.DataFrame:
    """Read columns of a catalogue, a row a vacancy.

    Of one that stands there twice the row counts that `once` takes, as in the features.

    Args:
        path: The catalogue.
        columns: What is read.
        wanted: Ids of the vacancies wanted; all if not given.

    Returns:
        The id as `KEY` and the columns; those that stand there twice come last.
    """
    rows = table_files.scan_parquet(path).with_columns(pl.col(VACANCY).cast(pl.String).alias(KEY))
    if wanted is not None:
        rows = rows.join(pl.LazyFrame({KEY: wanted}), on=KEY, how="semi", maintain_order="left")
    table = rows.select(KEY, *columns).collect()
    twice = table.filter(pl.col(KEY).is_duplicated())[KEY].unique()
    if twice.is_empty():
        return table
    doubled = pl.col(KEY).is_in(twice.implode())
    first = once(rows.filter(doubled).collect(), KEY)
    return pl.concat([table.filter(~doubled), first.select(KEY, *columns)])


def once(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """One row a key: the first in the order of all columns, the description's last, nulls first."""
    order = sorted((name for name in rows.columns if name != key), key="description".__eq__)
    return rows.sort(key, *order).unique(key, keep="first", maintain_order=True)
