"""Who answers: the calibrated model, the model as trained, or the baseline that validation chose."""

import polars as pl
import pytest

from stages.bert4rec.ranking.ranker import Ranker
from stages.calibration.recommender_choice import AS_TRAINED, answers, baseline_lists
from stages.core.item_ids import FIRST_ITEM
from stages.interface.stage_report import silent
from stages.params import Params, PredictParams, SeenParams
from tests.worlds.calibrated import END, calibration, learned, rows
from tests.worlds.rank_rows import trained

DAY = 86_400_000_000
HIDE = SeenParams(response="hide", favourite="hide", view="hide")


def answered(catalogue, found, asked=None, *, restricted=False, **predict):
    ranker = Ranker(trained("prefix"), catalogue, k=5, batch_rows=3, with_parts=True)
    return answers(
        Params(predict=PredictParams(k=5, **predict)),
        ranker,
        rows() if asked is None else asked,
        found,
        learned(),
        held_out=False,
        restricted=restricted,
        progress=silent,
    )


def with_late():
    """The last three rows are asked a week after the train part."""
    moments = [END] * 9 + [END + 7 * DAY] * 3
    return rows().with_columns(asked_at=pl.Series(moments).cast(pl.Datetime("us")))


def test_the_model_answers_all_rows_that_validation_stands_for(catalogue):
    found = answered(catalogue, calibration())
    assert found.by == {"model": 12}
    assert found.seen.model_dump() == calibration().seen
    assert (found.lists >= FIRST_ITEM).all()


def test_late_rows_are_answered_by_the_model_as_it_was_trained(catalogue):
    found = answered(catalogue, calibration(), with_late())
    assert found.by == {"model": 9, AS_TRAINED: 3}
    assert (found.lists > 0).all()


def test_a_better_baseline_answers_where_it_may(catalogue):
    better = calibration(answers="popular")
    found = answered(catalogue, better, with_late())
    assert found.by == {"popular": 9, AS_TRAINED: 3}
    policy = SeenParams(**better.baselines["popular"]["seen"])
    expected = baseline_lists("popular", with_late().head(9), learned(), policy, 5)
    assert found.lists[:9].tolist() == expected.tolist()


@pytest.mark.parametrize("given", [{"restricted": True}, {"fallback": "never"}], ids=str)
def test_a_baseline_does_not_stand_in_where_it_may_not(catalogue, given):
    assert answered(catalogue, calibration(answers="popular"), **given).by == {"model": 12}


def test_a_given_seen_policy_holds_for_whoever_answers(catalogue):
    for chosen in ("model", "popular"):
        found = answered(catalogue, calibration(answers=chosen), seen=HIDE)
        assert found.seen == HIDE
        for items, own in zip(found.lists.tolist(), rows()["items"].to_list(), strict=True):
            assert not set(items) & set(own)


def test_a_baselines_lists_are_in_its_order_without_what_is_hidden():
    lists = baseline_lists("popular", rows(), learned(), HIDE, 4)
    for items, own in zip(lists.tolist(), rows()["items"].to_list(), strict=True):
        assert items == [item for item in range(FIRST_ITEM, 99) if item not in own][:4]
