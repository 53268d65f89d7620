"""Weights fitted on made-up tables whose law is known."""

import numpy as np
import polars as pl
import pytest

from stages.calibration.candidate_table import CandidateTable, names, start
from stages.calibration.fitting import FOLDS, calibration_of, cross_scores, fitted, folds
from stages.params import SeenParams

LISTS = ("popular",)
NAMES = names(LISTS)
KEEP = SeenParams(response="keep", favourite="keep", view="keep")


def rows(count, labels):
    """Validation rows of as many users, with empty contexts."""
    return pl.DataFrame(
        {
            "user_id": [f"user-{number}" for number in range(count)],
            "session_id": ["s"] * count,
            "items": [[]] * count,
            "actions": [[]] * count,
            "label_item": labels,
        },
        schema_overrides={"items": pl.List(pl.Int32), "actions": pl.List(pl.Int8)},
    )


def world(count, tells, candidates=8, seed=0):
    """A table in which the number named `tells` says which candidate is the label, with some noise."""
    generator = np.random.default_rng(seed)
    row, item = np.divmod(np.arange(count * candidates), candidates)
    values = generator.normal(size=(len(row), len(NAMES))).astype(np.float32)
    score = 2 * values[:, NAMES.index(tells)] + generator.gumbel(size=len(row))
    labels = score.reshape(count, candidates).argmax(axis=1) + 3
    return CandidateTable(row, item + 3, values), rows(count, labels.tolist())


def fit(table, frame, policy=KEEP):
    return fitted(table, frame, start(LISTS), policy, 100)


def test_what_tells_the_label_is_given_weight_whatever_the_model_was_trained_with():
    table, frame = world(600, "rank_popular")
    found = fit(table, frame)
    assert found.weights[NAMES.index("rank_popular")] == pytest.approx(2, abs=0.4)
    others = np.delete(found.weights, NAMES.index("rank_popular"))
    assert np.abs(others).max() < 0.4
    assert found.mrr() > 0.7


def test_weights_stay_as_trained_where_the_rows_say_nothing_else():
    table, frame = world(200, "repeat")
    table.values[:, [number for number, name in enumerate(NAMES) if name != "repeat"]] = 0
    found = fit(table, frame)
    assert found.weights.tolist() == start(LISTS).tolist()


def test_without_pulls_nothing_moves_and_the_policy_is_chosen_all_the_same():
    table, frame = world(600, "rank_popular")
    found = fitted(table, frame, start(LISTS), KEEP, 100, pulls=())
    assert found.weights.tolist() == start(LISTS).tolist()
    assert found.seen == KEEP


def test_the_unit_of_a_number_does_not_matter():
    """A pull is on what a standard deviation of a number changes."""
    table, frame = world(300, "rank_popular")
    unit = np.where(np.arange(len(NAMES)) % 2, 64.0, 1.0)
    wide = CandidateTable(table.rows, table.items, table.values * unit.astype(np.float32))
    found = fitted(wide, frame, start(LISTS) / unit, KEEP, 100)
    assert found.weights * unit == pytest.approx(fit(table, frame).weights, abs=1e-4)


def test_a_dozen_rows_of_chance_move_nothing_far():
    table, frame = world(12, "repeat")
    noise = np.random.default_rng(1).integers(3, 11, 12)
    found = fit(table, frame.with_columns(label_item=noise))
    assert np.abs(found.weights - start(LISTS)).max() < 1


def test_what_is_reported_is_of_weights_that_do_not_know_the_row():
    table, frame = world(300, "repeat")
    chance = np.random.default_rng(2).integers(3, 11, 300)
    found = fit(table, frame.with_columns(label_item=chance))
    expected = np.mean([1 / rank for rank in range(1, 9)])
    assert found.mrr() == pytest.approx(expected, abs=0.05)


def test_a_users_rows_are_of_one_fold_and_do_not_move_its_weights():
    table, frame = world(200, "bias")
    other = frame.with_columns(
        label_item=pl.when(pl.Series(folds(frame["user_id"]) == 0)).then(3).otherwise("label_item")
    )
    one, two = fit(table, frame), fit(table, other)
    assert folds(pl.Series(["anna", "anna"])).tolist() == folds(pl.Series(["anna"])).tolist() * 2
    assert len(one.fold_weights) == FOLDS
    assert one.fold_weights[0] == pytest.approx(two.fold_weights[0])
    assert one.fold_weights[1] != pytest.approx(two.fold_weights[1])


def test_rows_are_scored_by_the_weights_of_their_fold():
    table, _ = world(3, "bias")
    weights = [np.full(len(NAMES), number) for number in range(FOLDS)]
    found = cross_scores(table, np.array([2, 0, 1]), weights)
    expected = table.values.sum(axis=1, dtype=np.float64) * np.repeat([2, 0, 1], 8)
    assert found == pytest.approx(expected, abs=1e-4)


def test_labels_that_are_no_candidates_count_as_misses_and_fit_nothing():
    table, frame = world(50, "bias")
    found = fit(table, frame.with_columns(label_item=pl.lit(999)))
    assert found.mrr() == 0
    assert found.weights.tolist() == start(LISTS).tolist()


def test_a_calibration_names_its_weights_in_the_order_of_the_table():
    found = calibration_of(fit(*world(60, "bias")), LISTS, 5)
    assert tuple(found.weights) == NAMES
    assert found.vector().tolist() == list(found.weights.values())
    assert (found.lag, found.rows, len(found.fold_weights)) == (5, 60, FOLDS)
