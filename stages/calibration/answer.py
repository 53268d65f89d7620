"""Who answers which row: the calibrated model, the model as it was trained, or a baseline."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from stages import baselines, seen, store
from stages.baselines.last_viewed import own_vacancies
from stages.bert4rec.ranking import Ranker
from stages.bert4rec.tokens import FIRST_ITEM
from stages.calibration import rerank
from stages.calibration.files import MODEL, Calibration
from stages.calibration.heuristics import Heuristics
from stages.calibration.table import start
from stages.params import Params, SeenParams
from stages.report import Progress

AS_TRAINED = "model as trained"


@dataclass(frozen=True)
class Answers:
    """Lists for R rows.

    Attributes:
        lists: Item ids, best first, 0 where candidates ran out, (R, k) int32.
        pools: How many candidates there were, for some of the rows each.
        by: Rows by who answered.
        seen: Fates of seen vacancies of the rows that validation rows stand for.
    """

    lists: np.ndarray
    pools: list[int]
    by: dict[str, int]
    seen: SeenParams


def answers(
    params: Params,
    ranker: Ranker,
    rows: pl.DataFrame,
    found: Calibration,
    learned: Heuristics,
    *,
    held_out: bool,
    restricted: bool,
    progress: Progress,
) -> Answers:
    """Answer all rows.

    Args:
        params: `predict` and `sequences.max_length`.
        ranker: Made with parts.
        rows: `schema.TEST_SEQUENCES`, R rows.
        found: What validation rows chose.
        learned: The recommenders that it names.
        held_out: The rows are the validation rows themselves.
        restricted: Only some vacancies are candidates. A baseline ranks the whole catalogue, so it
            does not stand in then.
        progress: Told how many rows are ranked.
    """
    close = rerank.within(rows, found, learned)
    by = found.answers if params.predict.fallback == "auto" and not restricted else MODEL
    chosen = found.seen if by == MODEL else found.baselines[by]["seen"]
    policies = seen.fixed(params.predict.seen, chosen), seen.fixed(params.predict.seen)
    lists, pools = np.zeros((len(rows), min(params.predict.k, ranker.k)), dtype=np.int32), []
    weights = {True: rerank.weights_of(found, held_out=held_out), False: [start(found.heuristics)]}
    for policy, mask in zip(policies, (close, ~close), strict=True):
        some = rows.filter(mask)
        if not len(some):
            continue
        fresh = mask is close
        if fresh and by != MODEL:
            lists[mask] = baseline_lists(by, some, learned, policy, lists.shape[1])
            pools.append(len(ranker.catalogue) - FIRST_ITEM)
            continue
        lists[mask], sizes = rerank.ranked(
            with_seen(params, policy), ranker, some, weights[fresh], learned, progress=progress
        )
        pools += sizes
    counts = {by: int(close.sum()), AS_TRAINED: int((~close).sum())}
    return Answers(lists, pools, {name: n for name, n in counts.items() if n}, policies[0])


def with_seen(params: Params, policy: SeenParams) -> Params:
    """Parameters with another seen policy."""
    predict = params.predict.model_copy(update={"seen": policy})
    return params.model_copy(update={"predict": predict})


def baseline_lists(
    name: str, rows: pl.DataFrame, learned: Heuristics, policy: SeenParams, k: int
) -> np.ndarray:
    """Let a baseline rank rows, (R, k)."""
    shelves = {**learned.shelves, "last_viewed": own_vacancies}
    chosen = [shelves[shelf] for shelf in baselines.BASELINES[name]]
    found = baselines.recommend(chosen, rows, k, policy)["items"]
    return store.padded(pl.concat([found, pl.Series([[0] * k], dtype=found.dtype)]))[:-1]
