"""Clean the catalogue, in slices of items, before code books are fitted and applied.

The catalogue's rows are scattered once by item, so that memory holds one slice, whatever the
catalogue's size and order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import polars as pl

from stages.core import tables
from stages.core.buckets import bucket_path
from stages.core.item_ids import FIRST_ITEM
from stages.core.schema import CATEGORICAL, RAW_VACANCIES
from stages.features import salary
from stages.features.html_text import normal_skills
from stages.interface.stage_report import Progress
from stages.params import FeaturesParams

RAW = {name: name.replace(".", "_") for name in RAW_VACANCIES if name != "vacancy_id"}


class CleanCounts(TypedDict):
    """What became of the catalogue's rows; see `stages.features.stage.FeaturesReport`."""

    vacancies: int
    absent: int
    outside: int
    duplicates: int


@dataclass(frozen=True)
class Slicing:
    """How the catalogue is cut: slice n holds the n-th `size` items.

    Attributes:
        items: vacancy_id and item of the vocabulary.
        size: Items in a slice.
    """

    items: pl.LazyFrame
    size: int

    def number(self) -> pl.Expr:
        """Slice of a row with an `item`."""
        return (pl.col("item") - FIRST_ITEM) // self.size

    def numbers(self) -> list[int]:
        """Slices that hold an item, in order."""
        numbers = self.items.select(self.number().unique().sort()).collect()
        return numbers["item"].to_list()

    def wanted(self, number: int) -> pl.DataFrame:
        """Items of one slice, in order."""
        chosen = self.items.filter(self.number() == number)
        return chosen.select("item").sort("item").collect()


def write_facts(
    catalogue: pl.LazyFrame,
    slicing: Slicing,
    work: Path,
    *,
    settings: FeaturesParams,
    rates: Mapping[str, float],
    progress: Progress,
) -> CleanCounts:
    """Write the facts of every vocabulary item to buckets in `work`, one a slice, by item."""
    scattered = work / "scattered"
    scatter(catalogue, slicing, scattered, text=settings.reads_descriptions())
    numbers = slicing.numbers()
    rows = absent = 0
    for done, number in enumerate(numbers):
        files = sorted((scattered / f"slice={number}").glob("*.parquet"))
        raw = pl.read_parquet(files, hive_partitioning=False) if files else _no_rows()
        wanted = slicing.wanted(number)
        clean = facts(first_rows(raw), rates, settings.salary_cap)
        whole = wanted.join(clean, on="item", how="left", maintain_order="left")
        whole.write_parquet(bucket_path(work, done), statistics=False)
        rows += raw.height
        absent += wanted.join(raw, on="item", how="anti").height
        progress(done + 1, 2 * len(numbers), "cleaned")
    tables.remove(scattered)
    total, size = (one.select(pl.len()).collect().item() for one in (catalogue, slicing.items))
    return CleanCounts(
        vacancies=size, absent=absent, outside=total - rows, duplicates=rows - (size - absent)
    )


def scatter(catalogue: pl.LazyFrame, slicing: Slicing, out: Path, *, text: bool) -> None:
    """Write the catalogue's rows to `out/slice=N/`, with their item.

    Descriptions are null unless asked for, and so is a title that only repeats the id: a log
    imported without titles has no others.
    """
    out.mkdir(parents=True)
    description = pl.col("description") if text else pl.lit(None, pl.String).alias("description")
    title = pl.when(pl.col("name").str.strip_chars() != pl.col("vacancy_id")).then("name")
    rows = (
        catalogue.with_columns(description, title.alias("name"))
        .rename(RAW)
        .join(slicing.items, on="vacancy_id")
    )
    keyed = rows.drop("vacancy_id").with_columns(slicing.number().alias("slice"))
    keyed.sink_parquet(pl.PartitionBy(out, key="slice", include_key=False), mkdir=True)


def first_rows(raw: pl.DataFrame) -> pl.DataFrame:
    """One row an item: the first in the order of all columns, the description's last, nulls first."""
    order = sorted((name for name in raw.columns if name != "item"), key="description".__eq__)
    return raw.sort("item", *order).unique("item", keep="first", maintain_order=True)


def facts(raw: pl.DataFrame, rates: Mapping[str, float], cap: int) -> pl.DataFrame:
    """Clean raw rows: item, the categorical values, title, skills, text (HTML), lower and upper."""
    lower, upper = salary.bounds(rates, cap)
    return raw.select(
        "item",
        *CATEGORICAL.values(),
        title=pl.col("name"),
        skills=normal_skills(raw["keySkills_keySkill"]),
        text=pl.col("description"),
        lower=lower,
        upper=upper,
    )


def _no_rows() -> pl.DataFrame:
    columns = {RAW[name]: dtype for name, dtype in RAW_VACANCIES.items() if name in RAW}
    return pl.DataFrame(schema={**columns, "item": pl.Int32()})
