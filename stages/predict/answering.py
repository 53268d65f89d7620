"""Lists for rows: by the model, its calibration or a baseline, and under rules."""

import numpy as np
import polars as pl

from stages.bert4rec.ranking.ranker import Ranker
from stages.calibration.heuristics import Heuristics
from stages.calibration.order_choice import answerers
from stages.calibration.recommender_choice import AS_TRAINED, ChosenLists, answers
from stages.core.calibration_file import MODEL
from stages.interface.stage_report import Progress, silent
from stages.loaders.rank_queries import asked_rows
from stages.params import Params
from stages.predict import eligibility
from stages.predict.eligibility import Activity
from stages.predict.list_rules import ListRules, listed
from stages.predict.loaded_model import LoadedModel
from stages.predict.restrictions import Restrictions
from stages.seen_policy import rules


def activity_of(params: Params, loaded: LoadedModel, rows: pl.DataFrame) -> Activity | None:
    """Which vacancies are active when rows are asked; None where `predict.candidates` is `all`."""
    if params.predict.candidates != "active":
        return None
    return eligibility.with_rows(loaded.activity(params), rows)


def answer(
    params: Params,
    loaded: LoadedModel,
    ranker: Ranker,
    limits: Restrictions,
    wanted: ListRules,
    known: pl.DataFrame | None,
    *,
    learned: Heuristics | None = None,
    held_out: bool = False,
    progress: Progress = silent,
) -> tuple[ChosenLists, dict[str, float]]:
    """Rank rows under rules; and the figures of these.

    Args:
        params: `predict`, `sequences.max_length`, `baseline` and the seed.
        loaded: The model.
        ranker: Its ranker, made with the same limits.
        limits: The rows, and which vacancies are eligible.
        wanted: Rules on whole lists.
        known: The fields of `wanted.max_per`, by item.
        learned: The recommenders that the calibration asks, if they are learned already.
        held_out: The rows are the validation rows.
        progress: Told how many rows are ranked.
    """
    learned = learned or loaded.learned(params)
    rows, found = limits.rows, loaded.calibration
    by = found.answer(params.predict.fallback)[0] if found else MODEL
    if not wanted and (by == MODEL or not limits):
        ranked = rank(
            params, loaded, ranker, learned, rows,
            held_out=held_out, restricted=bool(limits), progress=progress,
        )  # fmt: skip
        return ranked, {}
    who = answerers(params, ranker, rows, found, learned, held_out=held_out, may=limits.may)
    k = min(params.predict.k, len(loaded.names))
    given = listed(who.order, k, wanted, ranker=ranker, facts=known, progress=progress)
    scores = np.full(given.items.shape, np.nan) if given.scores is None else given.scores
    if by != MODEL:
        scores[who.order.owners == 0] = np.nan  # a baseline's ranks are no scores
    return ChosenLists(given.items, scores, who.pools(), who.by, who.seen), wanted.told(given)


def rank(
    params: Params,
    loaded: LoadedModel,
    ranker: Ranker,
    learned: Heuristics | None,
    rows: pl.DataFrame,
    *,
    held_out: bool,
    restricted: bool,
    progress: Progress = silent,
) -> ChosenLists:
    """Rank rows, by the calibration where there is one.

    Args:
        params: `predict` and `sequences.max_length`.
        loaded: The model.
        ranker: Its ranker.
        learned: The recommenders that its calibration asks; None where there is none.
        rows: `schema.TEST_SEQUENCES`.
        held_out: The rows are the validation rows.
        restricted: Only some vacancies are candidates.
        progress: Told how many rows are ranked.
    """
    if loaded.calibration is None or learned is None:
        return rank_rows(params, ranker, rows, progress)
    return answers(
        params,
        ranker,
        rows,
        loaded.calibration,
        learned,
        held_out=held_out,
        restricted=restricted,
        progress=progress,
    )


def rank_rows(
    params: Params, ranker: Ranker, rows: pl.DataFrame, progress: Progress
) -> ChosenLists:
    """Rank all rows by the model as it was trained: nothing was held out to calibrate it on."""
    policy = rules.fixed(params.predict.seen)
    asked = asked_rows(rows, params.sequences.max_length, policy)
    ranked = np.zeros((len(rows), ranker.k), dtype=np.int32)
    scores, pools, done = np.full(ranked.shape, np.nan), [], 0
    for batch in ranker.rank(asked.rows):
        ranked[batch.rows] = batch.items.cpu().numpy()
        scores[batch.rows] = batch.scores.cpu().numpy()
        pools.append(batch.candidates)
        done += len(batch.rows)
        progress(done, len(rows), rows=done)
    order = asked.order(ranked)
    lists, worth = (np.take_along_axis(part, order, axis=1) for part in (ranked, scores))
    return ChosenLists(lists, worth, pools, {AS_TRAINED: len(rows)}, policy)
