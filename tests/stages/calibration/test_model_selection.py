import numpy as np
import polars as pl

from stages.baselines.last_viewed import own_vacancies
from stages.baselines.popular import learn
from stages.calibration.model_selection import beside_baselines, best_baseline
from stages.core.calibration_file import MODEL, Calibration
from tests.worlds.baseline_world import PARAMS, VOCAB, Event, rows_of, train_of

CONTEXTS = [[Event(item, 1, 0, 1)] for item in (8, 10, 12, 8)]  # rare ones, responded to
FOUND = Calibration(("popular",), {}, (), {}, 0, 4, 0.5, {})


def beside(gains, labels):
    rows = rows_of(CONTEXTS).with_columns(label_item=pl.Series(labels, dtype=pl.Int32))
    shelves = {
        "popular": learn(train=train_of([]), vocab=VOCAB, params=PARAMS),
        "last_viewed": own_vacancies,
    }
    found = Calibration(**{**FOUND.__dict__, "mrr_100": float(np.mean(gains))})
    return beside_baselines(found, np.array(gains), rows, shelves, PARAMS)


def test_the_baseline_answers_where_it_ranks_the_validation_rows_better():
    found = beside([0.5, 0.2, 0.5, 0.1], [8, 10, 12, 8])  # people return to what they responded to
    assert found.answers == best_baseline(found) == "last_viewed"
    told = found.baselines["last_viewed"]
    assert told["mrr_100"] == 1.0
    assert told["seen"]["response"] == "keep"  # its own best policy
    assert told["lead"]["value"] < 0


def test_the_model_answers_where_it_is_as_good():
    found = beside([1.0] * 4, [8, 10, 12, 8])
    assert found.answers == MODEL
    assert found.baselines["last_viewed"]["lead"]["value"] == 0


def test_baselines_that_cannot_be_made_of_what_was_learned_are_left_out():
    assert set(beside([1.0] * 4, [8, 10, 12, 8]).baselines) == {"popular", "last_viewed"}
