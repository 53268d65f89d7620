"""Recommenders that need no model: what a model has to beat. One small file each, one signature."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol

import polars as pl

from stages import tables
from stages.baselines import last_viewed, popular
from stages.errors import UsageError
from stages.params import Params, SeenParams
from stages.report import Progress, Report, silent
from stages.schema import HISTORY, PREDICTIONS, TEST_SEQUENCES, VOCAB

Part = Literal["test", "validation"]
KEYS = ("user_id", "session_id")
SLICE = 10_000  # rows ranked at once: about a million candidates in memory


class Baseline(Protocol):
    """What every baseline is."""

    def __call__(
        self,
        rows: pl.DataFrame,
        *,
        train: pl.LazyFrame,
        vocab: pl.DataFrame,
        k: int,
        seen: SeenParams,
    ) -> pl.DataFrame:
        """Recommend at most k distinct items of the catalogue for each row, best first.

        Args:
            rows: Contexts, `schema.TEST_SEQUENCES`.
            train: Train histories, `schema.HISTORY`.
            vocab: `schema.VOCAB`.
            k: Most recommendations a row.
            seen: What becomes of vacancies of the row's own context.

        Returns:
            user_id, session_id, items (list[i32]), in the order of `rows`.
        """


BASELINES: Mapping[str, Baseline] = {
    "popular": popular.recommend,
    "last_viewed": last_viewed.recommend,
}


class BaselineReport(Report):
    """Figures of one baseline's predictions."""

    baseline: str
    part: str
    rows: int
    recommendations: int
    out: str


def canonical(name: str) -> str:
    """Give a baseline's own name: `last-viewed` and `last_viewed` are the same.

    Raises:
        UsageError: There is no such baseline.
    """
    own = name.replace("-", "_")
    if own not in BASELINES:
        raise UsageError(
            f"baseline {name!r}: no such baseline; expected one of {', '.join(BASELINES)}",
            "type `hhrec baseline last_viewed`",
        )
    return own


def predictions(
    baseline: Baseline,
    rows: pl.DataFrame,
    *,
    train: pl.LazyFrame,
    vocab: pl.DataFrame,
    params: Params,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Recommend slice by slice and name the vacancies: `schema.PREDICTIONS`, in order of `rows`."""
    parts = [as_vacancies(rows.clear(), vocab)]
    for start in range(0, rows.height, SLICE):
        piece = rows.slice(start, SLICE)
        items = baseline(
            piece, train=train, vocab=vocab, k=params.predict.k, seen=params.predict.seen
        )
        parts.append(as_vacancies(items, vocab))
        progress(start + piece.height, rows.height)
    return pl.concat(parts)


def as_vacancies(recommended: pl.DataFrame, vocab: pl.DataFrame) -> pl.DataFrame:
    """Replace item ids by vacancy ids: items (list[i32]) becomes predictions (list[str])."""
    lines = recommended.with_row_index("row")
    names = (
        lines.select("row", item="items")
        .explode("item", empty_as_null=False, keep_nulls=False)
        .join(vocab.select("item", "vacancy_id"), on="item", how="left", maintain_order="left")
        .group_by("row", maintain_order=True)
        .agg(predictions="vacancy_id")
    )
    return lines.join(names, on="row", how="left", maintain_order="left").select(
        *KEYS, pl.col("predictions").fill_null(pl.lit([], dtype=pl.List(pl.String)))
    )


def run(
    params: Params,
    *,
    name: str,
    part: Part,
    sequences: Path,
    vocab: Path,
    out: Path,
    progress: Progress = silent,
) -> BaselineReport:
    """Write a baseline's predictions for the rows of one part."""
    name, made_by = canonical(name), "hhrec sequences build"
    rows = tables.scan(sequences / part, TEST_SEQUENCES, made_by=made_by).sort(*KEYS).collect()
    train = tables.scan(sequences / "train", HISTORY, made_by=made_by)
    items = tables.scan(vocab, VOCAB, made_by="hhrec vocab build").collect()
    found = predictions(
        BASELINES[name], rows, train=train, vocab=items, params=params, progress=progress
    )
    tables.write(found, out, PREDICTIONS)
    total = int(found["predictions"].list.len().sum())
    return BaselineReport(
        baseline=name, part=part, rows=rows.height, recommendations=total, out=str(out)
    )
