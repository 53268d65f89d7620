"""Memory of what is fitted beside the model: plain recommenders, first weights, the calibration.

Bytes throughout; the constants are measured as those of `memory_model` are.
"""

from stages.calibration import candidate_table, heuristics
from stages.calibration.candidate_table import FIRST
from stages.calibration.heuristics import LISTED
from stages.params import BaselineParams
from stages.train.dataset_stats import DatasetStats
from stages.train.score_priors import QUESTIONS, WIDTH

FLOAT = 4
CELL = 12  # bytes of a neighbour of item-kNN: similarity and item
CANDIDATES = 120  # of a question that first weights are fitted on, about
OWN = 40  # candidates of a row that its history and its neighbours add, about
SHARE = 0.6  # of the entries of a row's lists that no other list of it has
PICKED = 2.3  # times what first weights are fitted on: some of it again, and what is computed of it
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
    users, items, events = len(found.lengths), found.trained, int(found.lengths.sum())
    knn, als = settings.item_knn, settings.als
    cells = min(items * knn.neighbours, 2 * knn.window * events) * ("item_knn" in names)
    factors = (users + items) * als.factors * ("als" in names)
    return int(lists) + CELL * cells + FLOAT * factors


def prior_bytes(events: int) -> int:
    """Candidates of the questions that first weights are fitted on; a question is of one event."""
    return int(PICKED * FLOAT * WIDTH * CANDIDATES * min(events, QUESTIONS))


def table_bytes(rows: int, vacancies: int, names: tuple[str, ...]) -> int:
    """Candidates of R validation rows with their numbers, see `candidate_table`."""
    return FLOAT * _candidates(rows, vacancies, names) * len(candidate_table.names(names))


def calibration_bytes(rows: int, vacancies: int, names: tuple[str, ...]) -> int:
    """The table while weights are fitted on it and rows are ranked by them."""
    table = table_bytes(rows, vacancies, names)
    return int(FITTED * table) + BESIDE * _candidates(rows, vacancies, names)


def _candidates(rows: int, vacancies: int, names: tuple[str, ...]) -> int:
    """Those of the model, of the history, and of the lists, as far as there are so many vacancies."""
    return int(rows * min(FIRST + OWN + SHARE * LISTED * len(names), vacancies))
