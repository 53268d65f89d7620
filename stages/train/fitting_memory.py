"""Memory of what is fitted beside the model: plain recommenders, first weights, the calibration.

Bytes throughout; the constants are measured as those of `memory_model` are.
"""

import numpy as np

from stages.calibration import candidate_table, heuristics
from stages.calibration.candidate_table import FIRST
from stages.calibration.heuristics import LISTED
from stages.core.cooccurrence import PAIRS
from stages.params import BaselineParams, Params
from stages.train.dataset_stats import DatasetStats
from stages.train.score_priors import QUESTIONS, WIDTH

FLOAT = 4
TOUCH = 50  # bytes of an event while the dear recommenders are learnt
PAIR = 85  # of a pair of item-kNN while pairs are added up
CELL = 12  # bytes of a neighbour of item-kNN: similarity and item
CANDIDATES = 60  # of a question that first weights are fitted on, about; as many are neighbours
OWN = 40  # candidates of a row that its history and its neighbours add, about
SHARE = 0.6  # of the entries of a row's lists that no other list of it has
PICKED = 2.1  # times what first weights are fitted on: in parts or of one action again, and sums
FITTED = 2.0  # times the table of a calibration: rows whose label it has again, most again by folds
BESIDE = 220  # bytes of a candidate beside its numbers: lists, orders and scores


def names_of(found: DatasetStats) -> tuple[str, ...]:
    """Plain recommenders that a training learns: none where nothing was held out."""
    if not len(found.asked):
        return ()
    return heuristics.of_size(int(found.lengths.sum()), len(found.lengths), found.trained)


def recommender_bytes(
    names: tuple[str, ...], found: DatasetStats, rows: int, settings: BaselineParams
) -> int:
    """The lists of R validation rows; neighbours of item-kNN, factors of ALS."""
    lists = rows * SHARE * LISTED * len(names) * (8 + FLOAT * len(names))
    users, events = len(found.lengths), int(found.lengths.sum())
    items, knn, als = min(found.trained, events), settings.item_knn, settings.als
    cells = min(items * knn.neighbours, _pairs(found, knn.window)) * ("item_knn" in names)
    factors = (users + items) * als.factors * ("als" in names)
    return int(lists) + CELL * cells + FLOAT * factors


def fitting_bytes(names: tuple[str, ...], found: DatasetStats, rows: int, params: Params) -> int:
    """The greatest of what learning the recommenders, first weights and the calibration hold."""
    questions, near = int(found.lengths.sum()), params.train.near_ones() > 0
    return max(
        learning_bytes(names, found, params.baseline),
        prior_bytes(questions, near=near) if params.train.priors else 0,
        calibration_bytes(rows, found.vacancies, names),
    )


def learning_bytes(names: tuple[str, ...], found: DatasetStats, settings: BaselineParams) -> int:
    """Events and pairs while the dear recommenders are learnt; the others count in little."""
    pairs = min(_pairs(found, settings.item_knn.window), PAIRS) * ("item_knn" in names)
    dear = not set(names).isdisjoint(heuristics.DEAR)
    return TOUCH * int(found.lengths.sum()) * dear + PAIR * pairs


def prior_bytes(events: int, *, near: bool) -> int:
    """Candidates of the questions that first weights are fitted on; a question is of one event."""
    return int(PICKED * FLOAT * WIDTH * CANDIDATES * (1 + near) * min(events, QUESTIONS))


def table_bytes(rows: int, vacancies: int, names: tuple[str, ...]) -> int:
    """Candidates of R validation rows with their numbers, see `candidate_table`."""
    return FLOAT * _candidates(rows, vacancies, names) * len(candidate_table.names(names))


def calibration_bytes(rows: int, vacancies: int, names: tuple[str, ...]) -> int:
    """The table while weights are fitted on it and rows are ranked by them."""
    table = table_bytes(rows, vacancies, names)
    return int(FITTED * table) + BESIDE * _candidates(rows, vacancies, names)


def _pairs(found: DatasetStats, window: int) -> int:
    """Pairs of events of one history that are at most a window apart, at most."""
    return int((found.lengths * (found.lengths - 1).clip(max=2 * window)).sum(dtype=np.int64))


def _candidates(rows: int, vacancies: int, names: tuple[str, ...]) -> int:
    """Those of the model, of the history, and of the lists, as far as there are so many vacancies."""
    return int(rows * min(FIRST + OWN + SHARE * LISTED * len(names), vacancies))
