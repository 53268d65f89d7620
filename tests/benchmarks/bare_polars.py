"""A bare Polars script from raw sessions to lists of item ids: `python bare_polars.py RAW OUT`.

The reference of the data stages: it explodes, counts, joins, sorts within users and groups to lists,
for the train and the test file. It checks nothing, holds nothing out and keeps all in memory.
"""

import sys
from pathlib import Path

import polars as pl

LISTS = ("vacancy_id", "action_type", "action_dt")
FIRST_ITEM = 3


def events(file: Path) -> pl.DataFrame:
    """One row an event."""
    return pl.scan_parquet(file).explode(*LISTS, empty_as_null=True).collect()


def vocabulary(train: pl.DataFrame, vacancies: Path) -> pl.DataFrame:
    """Item ids of the catalogue, frequent vacancies first."""
    counts = train.lazy().group_by("vacancy_id").agg(count=pl.len())
    catalogue = pl.scan_parquet(vacancies).select("vacancy_id")
    ranked = catalogue.join(counts, on="vacancy_id", how="left").sort(
        "count", "vacancy_id", descending=[True, False], nulls_last=True
    )
    return ranked.with_columns(item=pl.int_range(pl.len(), dtype=pl.Int32) + FIRST_ITEM).collect()


def histories(known: pl.DataFrame, vocab: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Item ids, actions and times of each user, or of each session, as lists in order of time."""
    items = vocab.lazy().select("vacancy_id", "item")
    ordered = known.lazy().join(items, on="vacancy_id", how="left").sort(*by, "action_dt")
    lists = [pl.col("item"), pl.col("action_type").cast(pl.Int8), pl.col("action_dt")]
    return ordered.group_by(by, maintain_order=True).agg(lists).collect()


def main(raw: Path, out: Path) -> None:
    """Write the vocabulary and the lists of both files."""
    out.mkdir(parents=True, exist_ok=True)
    train = events(raw / "train.parquet")
    vocab = vocabulary(train, raw / "vacancies.parquet")
    vocab.write_parquet(out / "vocab.parquet")
    histories(train, vocab, ["user_id"]).write_parquet(out / "train.parquet")
    test = events(raw / "test.parquet")
    histories(test, vocab, ["user_id", "session_id"]).write_parquet(out / "test.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
