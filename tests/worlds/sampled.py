"""A written sample, and the views of it that several tests share."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl


@dataclass(frozen=True)
class Sample:
    path: Path

    def table(self, name: str) -> pl.DataFrame:
        return pl.read_parquet(self.path / f"{name}.parquet")

    def events(self, name: str) -> pl.DataFrame:
        lists = ["vacancy_id", "action_type", "action_dt"]
        return self.table(name).explode(lists, empty_as_null=False, keep_nulls=False)

    @cached_property
    def train(self) -> pl.DataFrame:
        return self.events("train")

    @cached_property
    def test(self) -> pl.DataFrame:
        return self.events("test")

    @cached_property
    def vacancies(self) -> pl.DataFrame:
        return self.table("vacancies")

    @cached_property
    def labels(self) -> pl.DataFrame:
        return self.table("labels").rename({"vacancy_id": "label"})

    @cached_property
    def context(self) -> pl.DataFrame:
        """All that is known of each test user: train and the test session."""
        users = self.labels.select("user_id")
        return pl.concat([self.train, self.test]).join(users, on="user_id", how="semi")

    @cached_property
    def last_viewed(self) -> pl.DataFrame:
        """Rank every vacancy of a context: not yet responded to first, then newest first."""
        met = self.context.group_by("user_id", "vacancy_id").agg(
            pl.col("action_dt").max().alias("last"),
            (pl.col("action_type") == 1).any().alias("responded"),
        )
        ordered = met.sort(
            "user_id", "responded", "last", "vacancy_id", descending=[False, False, True, False]
        )
        return ordered.with_columns(rank=pl.int_range(1, pl.len() + 1).over("user_id"))

    @cached_property
    def label_counts(self) -> pl.Series:
        """Train events of each label's vacancy."""
        counts = self.train.group_by("vacancy_id").agg(pl.len().alias("count"))
        joined = self.labels.join(counts, left_on="label", right_on="vacancy_id", how="left")
        return joined["count"].fill_null(0)
