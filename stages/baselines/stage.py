"""Predictions of the recommenders without a model, in the format of `predict`.

Each is a sequence of shelves (`stages.baselines.candidate_source`), of which the first fills the list as far
as it can, the next goes on behind it, and popularity fills it up.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Literal, TypeAlias

import polars as pl

from stages.baselines.candidate_source import CandidateSource, LearnSource, no_items
from stages.baselines.remembered import Remembered
from stages.core import kinds, outputs, tables
from stages.core.artifact_paths import TRAIN, VALIDATION
from stages.core.keys import KEYS
from stages.core.schema import HISTORY, PREDICTIONS, TEST_SEQUENCES, VALIDATION_SEQUENCES, VOCAB
from stages.interface.errors import MissingInputError, UsageError
from stages.interface.machine import give_back_memory
from stages.interface.stage_report import Progress, Report, silent
from stages.params import Params, SeenParams
from stages.seen_policy import choice
from stages.seen_policy import rules as policy

Part = Literal["test", "validation"]
SLICE = 10_000  # rows ranked at once: about a million candidates in memory
BEHIND = 2**40  # offset of `order` from one shelf to the next: above any order within a shelf

BASELINES: Mapping[str, Sequence[str]] = {
    "popular": ("popular",),
    "trending": ("trending", "popular"),
    "item_knn": ("item_knn", "popular"),
    "als": ("als", "popular"),
    "last_viewed": ("last_viewed", "popular"),
    "last_viewed_then_trending": ("last_viewed", "trending", "popular"),
    "last_viewed_then_item_knn": ("last_viewed", "item_knn", "popular"),
    "last_viewed_then_als": ("last_viewed", "als", "popular"),
}
REMEMBERED = ("trending", "item_knn", "als")  # where several share them: each row takes time
Recommender: TypeAlias = choice.Recommender


class BaselineReport(Report):
    """Figures of one baseline's predictions."""

    baseline: str
    part: str
    rows: int
    recommendations: int
    seen: dict[str, str]
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


def learn(
    names: Collection[str],
    *,
    train: pl.LazyFrame,
    vocab: pl.DataFrame,
    params: Params,
    told: Callable[[str], None] | None = None,
) -> dict[str, Recommender]:
    """Learn baselines, what several share once.

    Args:
        names: Keys of `BASELINES`.
        train: Train histories, `schema.HISTORY`; their order changes nothing.
        vocab: `schema.VOCAB`, in any order.
        params: The section `baseline` and the seed.
        told: Called with the name of each source of candidates before it is learnt.
    """
    learnt: dict[str, CandidateSource] = {}
    for shelf, times in Counter(shelf for name in names for shelf in BASELINES[name]).items():
        if told:
            told(shelf)
        # a module is imported where it is needed: some rest on large libraries
        module: LearnSource = import_module(f"stages.baselines.{shelf}").learn
        source = module(train=train, vocab=vocab, params=params)
        shared = times > 1 and shelf in REMEMBERED
        learnt[shelf] = Remembered(source) if shared else source
        give_back_memory()  # that of several sources together would be too much
    return {
        name: partial(recommend, [learnt[shelf] for shelf in BASELINES[name]]) for name in names
    }


def recommend(
    shelves: Sequence[CandidateSource], rows: pl.DataFrame, k: int, seen: SeenParams
) -> pl.DataFrame:
    """Recommend at most k distinct items of the catalogue for each row, best first.

    Args:
        shelves: Where items come from; the seen policy is applied to their order.
        rows: Contexts, `schema.TEST_SEQUENCES`.
        k: Most recommendations a row; fewer only where the catalogue is smaller.
        seen: What becomes of vacancies of the row's own context.

    Returns:
        user_id, session_id, items (list[i32]), in the order of `rows`.
    """
    return policy.attach(rows, ranked(shelves, rows, k, seen))


def ranked(
    shelves: Sequence[CandidateSource], rows: pl.DataFrame, k: int, seen: SeenParams
) -> policy.Items:
    """Recommend as `recommend` does: item ids, best first, 0 behind the last, (R, k)."""
    fates = policy.touched(rows, seen)
    gone = fates.filter(pl.col("fate") == policy.HIDE).select("row", "item")
    found = [no_items()]
    for number, shelf in enumerate(shelves):
        given = shelf(rows, gone, k).select("row", "item", pl.col("order") + number * BEHIND)
        found.append(given)
        gone = pl.concat([gone, given.select("row", "item")])
    return policy.last_at_end(policy.best(pl.concat(found), rows.height, k), fates)


def predictions(
    recommender: Recommender,
    rows: pl.DataFrame,
    *,
    vocab: pl.DataFrame,
    params: Params,
    progress: Progress = silent,
) -> pl.DataFrame:
    """Recommend slice by slice and name the vacancies: `schema.PREDICTIONS`, in order of `rows`."""
    parts, given = [as_vacancies(rows.clear(), vocab)], params.predict
    for start in range(0, rows.height, SLICE):
        piece = rows.slice(start, SLICE)
        parts.append(as_vacancies(recommender(piece, given.k, given.seen), vocab))
        done = start + piece.height
        progress(done, rows.height, rows=done)
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
    sources = {"sequences": sequences, "vocab": vocab}
    made = outputs.prepare(
        out, kinds.PREDICTIONS, inputs=sources, params=params, facts={"part": part}
    )
    rows = tables.scan(sequences / part, TEST_SEQUENCES, made_by=made_by).sort(*KEYS).collect()
    train = tables.scan(sequences / TRAIN, HISTORY, made_by=made_by)
    items = tables.scan(vocab, VOCAB, made_by="hhrec vocab build").collect()
    recommender = learn([name], train=train, vocab=items, params=params)[name]
    params = params_with(params, recommender, sequences / VALIDATION)
    found = predictions(recommender, rows, vocab=items, params=params, progress=progress)
    with made.replacing() as scratch:
        tables.sink(found, scratch, PREDICTIONS, kinds.MARK)
    return BaselineReport(
        baseline=name,
        part=part,
        rows=rows.height,
        recommendations=int(found["predictions"].list.len().sum()),
        seen=params.predict.seen.model_dump(),
        out=str(out),
    )


def params_with(params: Params, recommender: Recommender, validation: Path) -> Params:
    """Parameters whose seen policy, where it is left open, ranks the validation rows best.

    Where no validation sequences were made, it is the default.
    """
    given = params.predict
    try:
        rows = tables.scan(validation, VALIDATION_SEQUENCES, made_by="").collect()
    except MissingInputError:
        rows = pl.DataFrame(schema=dict(VALIDATION_SEQUENCES))
    chosen = choice.Labelled(rows).policy_of(recommender, given.seen, given.k)
    return policy.with_policy(params, chosen)
