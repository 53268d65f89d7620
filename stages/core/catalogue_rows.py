"""Rows of the catalogue, each vacancy once."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from stages.core import table_files

VACANCY = "vacancy_id"
KEY, PLACE = "hhrec id", "hhrec place"  # beside the fields, which may have any other name


def first_rows(
    path: Path, columns: Sequence[pl.Expr], wanted: pl.Series | None = None
) -> pl.DataFrame:
    """Read columns of a catalogue, a row a vacancy.

    Of one that stands there twice the row counts that is first in the order of all columns, the
    description's last, missing values first, as in the features.

    Args:
        path: The catalogue.
        columns: What is read.
        wanted: Ids of the vacancies wanted; all if not given.

    Returns:
        The columns, and the id as `KEY`.
    """
    file = table_files.scan_parquet(path)
    names, rows = file.collect_schema().names(), file.with_row_index(PLACE)
    rows = rows.with_columns(pl.col(VACANCY).cast(pl.String).alias(KEY))
    if wanted is not None:
        rows = rows.join(pl.LazyFrame({KEY: wanted}), on=KEY, how="semi", maintain_order="left")
    table = rows.select(KEY, PLACE, *columns).collect()
    twice = table.filter(pl.col(KEY).is_duplicated())[KEY].unique()
    if len(twice):
        order = sorted((name for name in names if name != VACANCY), key="description".__eq__)
        doubled = rows.filter(pl.col(KEY).is_in(twice.implode())).sort(KEY, *order, PLACE)
        first = doubled.select(KEY, PLACE).unique(KEY, keep="first", maintain_order=True).collect()
        once = ~pl.col(KEY).is_in(twice.implode()) | pl.col(PLACE).is_in(first[PLACE].implode())
        table = table.filter(once)
    return table.drop(PLACE)
