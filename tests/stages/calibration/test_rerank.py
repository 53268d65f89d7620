"""Rows ranked by a calibration: with the weights of training it changes nothing."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from stages.bert4rec.ranking.ranker import Ranker
from stages.calibration import rerank
from stages.calibration.candidate_table import CandidateTable, names, start
from stages.calibration.fitting import FOLDS, folds
from stages.interface.errors import HhrecError
from stages.interface.stage_report import silent
from stages.loaders.rank_queries import asked_rows
from stages.params import Params, PredictParams, SeenParams
from tests.worlds.calibrated import END, LISTS, calibration, learned, rows
from tests.worlds.rank_rows import trained

HIDE = SeenParams(response="hide", favourite="hide", view="hide")
PARAMS = Params(predict=PredictParams(k=10, seen=HIDE))


def ranker_of(catalogue):
    return Ranker(trained("prefix"), catalogue, k=10, batch_rows=3, with_parts=True)


def ranked(catalogue, weights):
    return rerank.ranked(PARAMS, ranker_of(catalogue), rows(), weights, learned(), progress=silent)


def test_with_the_weights_of_training_the_order_is_the_rankers(catalogue):
    lists, scores, pools = ranked(catalogue, [start(LISTS)])
    asked = asked_rows(rows(), PARAMS.sequences.max_length, HIDE).rows
    expected = np.zeros_like(lists)
    for part in ranker_of(catalogue).rank(asked):
        expected[part.rows] = part.items
    assert lists.tolist() == expected.tolist()
    assert lists.any(axis=1).all()
    assert sum(pools) > 0
    assert (np.diff(scores, axis=1)[lists[:, 1:] > 0] <= 0).all()


def test_a_weight_on_a_list_ranks_by_the_list(catalogue):
    weights = np.zeros(len(names(LISTS)))
    weights[names(LISTS).index("rank_popular")] = 1
    lists, _, _ = ranked(catalogue, [weights])
    best = learned().ranks(rows())
    for row, items in enumerate(lists):
        ranks = best.of(np.full(3, row), items[:3])[:, 0]
        assert ranks.tolist() == sorted(ranks.tolist())
        assert ranks.max() < 30


def test_each_row_is_weighed_by_its_fold(catalogue):
    by_list = np.zeros(len(names(LISTS)))
    by_list[names(LISTS).index("rank_popular")] = 1
    weights = [by_list, *[start(LISTS)] * (FOLDS - 1)]
    mixed, _, _ = ranked(catalogue, weights)
    listed, _, _ = ranked(catalogue, [by_list])
    plain, _, _ = ranked(catalogue, [start(LISTS)])
    first = folds(rows()["user_id"]) == 0
    assert 0 < first.sum() < len(first)
    assert mixed[first].tolist() == listed[first].tolist()
    assert mixed[~first].tolist() == plain[~first].tolist()


def test_weights_are_of_all_rows_or_a_fold_each():
    found = calibration()
    (weights,) = rerank.weights_of(found, held_out=False)
    assert weights.tolist() == list(found.weights.values())
    assert len(rerank.weights_of(found, held_out=True)) == len(found.fold_weights) == FOLDS


def test_weights_of_another_version_are_refused():
    old = replace(calibration(), weights={"vector": 1.0})
    with pytest.raises(HhrecError, match="other numbers than this version") as caught:
        rerank.weights_of(old, held_out=False)
    assert "hhrec train" in caught.value.hint


def test_rows_asked_much_later_are_not_within():
    day = 86_400_000_000
    asked = pl.Series("asked_at", [END, END + 2 * day, END + 4 * day, None, END - 9 * day])
    late = rows().head(5).with_columns(asked.cast(pl.Datetime("us")))
    found = rerank.within(late, calibration(lag=day), learned())
    assert found.tolist() == [True, True, False, True, True]


def test_the_best_of_each_row_are_placed_ties_by_item():
    told = CandidateTable(
        np.array([0, 0, 0, 2, 2]), np.array([5, 6, 7, 3, 9]), np.zeros((5, 1), dtype=np.float32)
    )
    lists = np.zeros((3, 2), dtype=np.int32)
    scores = np.full((3, 2), np.nan)
    rerank.place_best(lists, scores, told, np.array([1.0, 3.0, 1.0, 0.5, 0.5]))
    assert lists.tolist() == [[6, 5], [0, 0], [3, 9]]
    np.testing.assert_array_equal(scores, [[3, 1], [np.nan, np.nan], [0.5, 0.5]])
