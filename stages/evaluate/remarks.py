"""What is suspicious about predictions, in words: ids of nothing, one list for everybody."""

import polars as pl

ENOUGH = 10  # rows from which on one list for all is no chance


def remarks(
    where: str, truth: pl.DataFrame, predictions: pl.DataFrame, catalogue: pl.Series | None
) -> list[str]:
    """Say where predictions cannot be meant as they are.

    Args:
        where: Whose predictions they are, for the message.
        truth: Labels, `schema.LABELS`.
        predictions: `schema.PREDICTIONS`, nulls filled.
        catalogue: Ids of all vacancies, where they are known.
    """
    return [*_of_nothing(where, truth, predictions, catalogue), *_alike(where, predictions)]


def _of_nothing(
    where: str, truth: pl.DataFrame, predictions: pl.DataFrame, catalogue: pl.Series | None
) -> list[str]:
    """Whether no predicted id is one of a vacancy: of another notation, say."""
    ids = predictions["predictions"].explode(empty_as_null=False).drop_nulls()
    known = truth["vacancy_id"] if catalogue is None else catalogue
    if ids.is_empty() or known.is_empty() or ids.is_in(known.implode()).any():
        return []
    kind = "labels" if catalogue is None else "vacancies of the vocabulary"
    said = f"none of its {ids.n_unique():,} vacancy ids is among the {len(known):,} {kind}"
    return [f"{where}: {said}: found {ids[0]!r}, expected ids like {known[0]!r}"]


def _alike(where: str, predictions: pl.DataFrame) -> list[str]:
    """Whether everybody gets one list: a recommender that knows nobody, or weights gone wrong."""
    lists = predictions.filter(pl.col("predictions").list.len() > 0)["predictions"]
    if len(lists) < ENOUGH or lists.n_unique() > 1:
        return []
    return [f"{where}: all {len(lists):,} rows get the same list"]
