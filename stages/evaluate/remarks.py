"""What is suspicious about predictions, in words: ids of nothing, one list for everybody."""

import polars as pl

from stages.scoring.predicted_lists import PredictedLists

ENOUGH = 10  # rows from which on one list for all is no chance


def remarks(
    where: str, truth: pl.DataFrame, predictions: PredictedLists, catalogue: pl.Series | None
) -> list[str]:
    """Say where predictions cannot be meant as they are; read no more of them than that takes.

    Args:
        where: Whose predictions they are, for the message.
        truth: Labels, `schema.LABELS`.
        predictions: The lists.
        catalogue: Ids of all vacancies, where they are known.
    """
    known = (truth["vacancy_id"] if catalogue is None else catalogue).implode()
    strange: pl.Series | None = pl.Series(dtype=pl.String)  # distinct ids while none is known
    alike, full = pl.Series(dtype=pl.List(pl.String)), 0  # distinct lists while there is one
    for _, rows in predictions.blocks():
        lists = rows.filter(pl.col("predictions").list.len() > 0)["predictions"]
        full += len(lists)
        if strange is not None:
            ids = lists.explode(empty_as_null=False)
            met = bool(ids.is_in(known).any())
            strange = None if met else strange.append(ids).unique(maintain_order=True)
        if len(alike) <= 1:
            alike = alike.append(lists.unique(maintain_order=True)).unique(maintain_order=True)
        if strange is None and len(alike) > 1:
            return []
    kind = "labels" if catalogue is None else "vacancies of the vocabulary"
    return [*_of_nothing(where, strange, known.item(), kind), *_alike(where, alike, full)]


def _of_nothing(where: str, ids: pl.Series | None, known: pl.Series, kind: str) -> list[str]:
    """Whether no predicted id is one of a vacancy: of another notation, say."""
    if ids is None or ids.is_empty() or known.is_empty():
        return []
    said = f"none of its {len(ids):,} vacancy ids is among the {len(known):,} {kind}"
    return [f"{where}: {said}: found {ids[0]!r}, expected ids like {known[0]!r}"]


def _alike(where: str, distinct: pl.Series, full: int) -> list[str]:
    """Whether everybody gets one list: a recommender that knows nobody, or weights gone wrong."""
    if full < ENOUGH or len(distinct) > 1:
        return []
    return [f"{where}: all {full:,} rows get the same list"]
