"""Memory of what is fitted beside the model, against the tables themselves."""

import numpy as np
import pytest

from stages.bert4rec.network import score_parts
from stages.calibration.heuristics import CHEAP, DEAR
from stages.core.cooccurrence import PAIRS
from stages.params import BaselineParams, validated
from stages.train import fitting_memory, score_priors
from stages.train.dataset_stats import DatasetStats
from tests.worlds.responses import returning

ALL = CHEAP + DEAR


def stats_of(users: int, events: int, items: int, rows: int) -> DatasetStats:
    return DatasetStats(
        lengths=np.full(users, events // users), asked=np.ones(rows, dtype=np.int64),
        trained=items, vacancies=items, words=0, periods=3, code_sizes=(), word_count=0,
        has_salary=False, text_width=0,
    )  # fmt: skip


def test_first_weights_are_fitted_on_no_more_than_was_expected():
    task = returning(0.5)
    whole, _ = score_priors._joined(list(score_priors._asked(task, 5)))
    assert whole.values.dtype == np.float32
    assert (
        0 < whole.values.nbytes < fitting_memory.prior_bytes(len(task.histories.items), near=True)
    )


def test_questions_of_first_weights_are_bounded():
    most = fitting_memory.prior_bytes(10**9, near=True)
    assert most == fitting_memory.prior_bytes(score_priors.QUESTIONS, near=True)
    assert most == 2 * fitting_memory.prior_bytes(10**9, near=False)
    assert fitting_memory.prior_bytes(0, near=True) == 0
    assert most < 5e8


def test_a_calibration_grows_with_its_rows_and_with_the_lists_asked():
    assert (
        fitting_memory.calibration_bytes(0, 999, ALL)
        == fitting_memory.table_bytes(0, 999, ALL)
        == 0
    )
    few, many = (fitting_memory.calibration_bytes(5_000, 999, names) for names in (CHEAP, ALL))
    assert fitting_memory.table_bytes(5_000, 999, ALL) < many
    assert few < many
    assert fitting_memory.calibration_bytes(10_000, 999, ALL) == 2 * many
    width = len(score_parts.PARTS) + 2 + 2 * len(CHEAP)
    assert fitting_memory.table_bytes(10, 999, CHEAP) == 4 * width * 10 * (200 + 40 + 120)
    assert fitting_memory.table_bytes(10, 167, CHEAP) == 4 * width * 10 * 167  # all there are


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), 0),
        (("popular",), 10 * 60 * 12),
        (("als",), 10 * 60 * 12 + 4 * 128 * (50 + 300)),
        (("item_knn",), 10 * 60 * 12 + 12 * 9 * 500),  # pairs of histories of 10
    ],
)
def test_recommenders_are_their_lists_factors_and_neighbours(names, expected):
    found = stats_of(users=50, events=500, items=300, rows=10)
    assert (
        fitting_memory.recommender_bytes(names, found, len(found.asked), BaselineParams())
        == expected
    )


def test_only_the_dear_recommenders_take_more_while_they_are_learnt():
    small, large = (stats_of(10_000, events, 50, rows=9) for events in (100_000, 5_000_000))

    def learning(*names: str, found: DatasetStats = small) -> int:
        return fitting_memory.learning_bytes(names, found, BaselineParams())

    assert learning(*CHEAP) == learning() == 0
    assert learning("als") == 50 * 100_000
    assert learning("item_knn") == 50 * 100_000 + 85 * 9 * 100_000
    assert learning(*ALL, found=large) == 50 * 5_000_000 + 85 * PAIRS  # counted in blocks


def test_what_is_fitted_one_after_the_other_is_held_one_at_a_time():
    found = stats_of(1_000, 50_000, 300, rows=10)
    given = {"train": {"priors": True}}
    both = fitting_memory.fitting_bytes(CHEAP, found, 10, validated(given, where="test"))
    assert both == fitting_memory.prior_bytes(50_000, near=True)
    given["train"]["priors"] = False
    rows_only = fitting_memory.fitting_bytes(CHEAP, found, 10, validated(given, where="test"))
    assert rows_only == fitting_memory.calibration_bytes(10, 300, CHEAP) < both


def test_a_plan_counts_the_recommenders_that_a_training_learns():
    assert fitting_memory.names_of(stats_of(50, 500, 300, rows=10)) == ALL
    assert fitting_memory.names_of(stats_of(50, 6_000_000, 300, rows=10)) == CHEAP
    assert fitting_memory.names_of(stats_of(50, 500, 300, rows=0)) == ()


def test_neighbours_of_item_knn_are_no_more_than_each_item_keeps():
    found = stats_of(users=1_000, events=1_000_000, items=10, rows=0)
    assert (
        fitting_memory.recommender_bytes(("item_knn",), found, len(found.asked), BaselineParams())
        == 12 * 10 * 200
    )
