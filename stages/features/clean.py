"""Clean the catalogue, in slices of items, before code books are fitted and applied.

The catalogue's rows are scattered once by item, so that memory holds one slice, whatever the
catalogue's size and order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple, TypedDict

import polars as pl

from stages.core import engines, tables
from stages.core.buckets import keep, kept_path
from stages.core.catalogue_rows import once
from stages.core.item_ids import FIRST_ITEM
from stages.core.schema import CATEGORICAL, RAW_VACANCIES
from stages.features import salary
from stages.features.html_text import normal_skills
from stages.params import FeaturesParams

MADE_BY = "hhrec data import"
BYTES_PER_VACANCY = 1 << 14  # peak bytes of a vacancy with its description while it is cleaned
RAW = {name: name.replace(".", "_") for name in RAW_VACANCIES if name != "vacancy_id"}


class CleanCounts(TypedDict):
    """What became of the catalogue's rows; see `stages.features.stage.FeaturesReport`."""

    vacancies: int
    absent: int
    outside: int
    duplicates: int


@dataclass(frozen=True)
class Slicing(engines.FieldsOnly):
    """How the catalogue is cut: slice n holds the n-th `size` items.

    Attributes:
        vocab: File of the vocabulary.
        size: Items in a slice.
    """

    vocab: Path
    size: int

    @cached_property
    def items(self) -> pl.DataFrame:
        """vacancy_id and item of the vocabulary, read where and when they are first needed."""
        return tables.scan_vocab(self.vocab).select("vacancy_id", "item").collect()

    def number(self) -> pl.Expr:
        """Slice of a row with an `item`."""
        return (pl.col("item") - FIRST_ITEM) // self.size

    @cached_property
    def numbers(self) -> list[int]:
        """Slices that hold an item, in order."""
        return self.items.select(self.number().unique().sort())["item"].to_list()

    def place(self) -> pl.Expr:
        """Place of a row's slice among `numbers`."""
        return self.number().replace_strict(self.numbers, range(len(self.numbers)))

    def wanted(self, place: int) -> pl.DataFrame:
        """Items of one slice, in order."""
        chosen = self.items.filter(self.number() == self.numbers[place])
        return chosen.select("item").sort("item")


class Cleaning(NamedTuple):
    """How facts are made, and where they go."""

    slicing: Slicing
    settings: FeaturesParams
    rates: Mapping[str, float]
    work: Path


def write_facts(
    engine: engines.Engine, catalogue: Path, cleaning: Cleaning, told: engines.Told
) -> CleanCounts:
    """Write the facts of every vocabulary item to buckets in `work`, one a slice, by item."""
    slicing, count = cleaning.slicing, len(cleaning.slicing.numbers)
    total = tables.scan(catalogue, RAW_VACANCIES, made_by=MADE_BY).select(pl.len()).collect().item()
    cleaning.work.mkdir(parents=True)
    rows = engines.Shuffle(
        read=partial(catalogued, slicing, text=cleaning.settings.reads_descriptions()),
        bucket=slicing.place,
        files=[engines.Slice("vacancies", catalogue.absolute())],
        heights=[total],
        count=count,
        scratch=cleaning.work / "scattered",
    )
    need = slicing.size * BYTES_PER_VACANCY
    found = engine.shuffled(rows, partial(cleaned, cleaning), need=need)
    counts = engines.total(told(found))
    tables.remove(rows.scratch)
    size = slicing.items.height
    return CleanCounts(
        vacancies=size,
        absent=counts["absent"],
        outside=total - counts["rows"],
        duplicates=counts["rows"] - (size - counts["absent"]),
    )


def catalogued(slicing: Slicing, part: engines.Slice, *, text: bool) -> pl.LazyFrame:
    """Rows of the catalogue whose vacancy the vocabulary has, with their item.

    Descriptions are null unless asked for, and so is a title that only repeats the id: a log
    imported without titles has no others.
    """
    description = pl.col("description") if text else pl.lit(None, pl.String).alias("description")
    title = pl.when(pl.col("name").str.strip_chars() != pl.col("vacancy_id")).then("name")
    rows = part.of(tables.scan(part.file, RAW_VACANCIES, made_by=MADE_BY))
    named = rows.with_columns(description, title.alias("name")).rename(RAW)
    return named.join(slicing.items.lazy(), on="vacancy_id").drop("vacancy_id")


def cleaned(cleaning: Cleaning, place: int, rows: pl.LazyFrame) -> engines.Found:
    """Write the facts of one slice."""
    raw, wanted = rows.collect(), cleaning.slicing.wanted(place)
    clean = facts(once(raw, "item"), cleaning.rates, cleaning.settings.salary_cap)
    whole = wanted.join(clean, on="item", how="left", maintain_order="left")
    keep(whole, kept_path(cleaning.work, place))
    absent = wanted.join(raw, on="item", how="anti").height
    return engines.Found({"rows": raw.height, "absent": absent}, rows=raw.height)


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
