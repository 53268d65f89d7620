import numpy as np
import polars as pl

from stages.baselines.last_viewed import own_vacancies
from stages.baselines.popular import learn
from stages.calibration.model_selection import beside_baselines, best_baseline
from stages.core.calibration_file import MODEL, Calibration
from tests.worlds.baseline_world import PARAMS, VOCAB, Event, rows_of, train_of

CONTEXTS = [[Event(item, 1, 0, 1)] for item in (8, 10, 12, 8)]  # rare ones, responded to
FOUND = Calibration(("popular",), {}, (), {}, 0, 4, 0.5, {})


def beside(gains, labels, k=100):
    rows = rows_of(CONTEXTS).with_columns(label_item=pl.Series(labels, dtype=pl.Int32))
    shelves = {
        "popular": learn(train=train_of([]), vocab=VOCAB, params=PARAMS),
        "last_viewed": own_vacancies,
    }
    found = Calibration(**{**FOUND.__dict__, "mrr_100": float(np.mean(gains))})
    predict = PARAMS.predict.model_copy(update={"k": k})
    params = PARAMS.model_copy(update={"predict": predict})
    return beside_baselines(found, np.array(gains), rows, shelves, params)


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


def test_baselines_are_judged_as_deep_as_the_model_however_few_places_are_predicted():
    """The labels are second and third in popularity, which a list of one place leaves out."""
    gains, labels = [0.2] * 4, [9, 4, 4, 4]
    one, many = (beside(gains, labels, k) for k in (1, 100))
    assert one == many
    assert one.answers == best_baseline(one) == "popular"
    assert one.baselines["popular"]["mrr_100"] == (1 / 2 + 3 / 3) / 4
