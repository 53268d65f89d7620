"""The order of candidates to any depth: a prefix of itself, and what `predict` answers at its top."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from stages.calibration.order_choice import answerers
from stages.calibration.total_order import ModelOrder, weighed_first
from stages.core import tables
from stages.core.calibration_file import MODEL
from stages.loaders import model_arrays
from stages.predict import eligibility, loaded_model
from stages.predict.answering import answer
from stages.predict.list_rules import ListRules
from stages.predict.restrictions import Restrictions, restrictions
from stages.rules.lists import Lists
from tests.worlds.little_model import ITEMS, answering, settings, trained


@pytest.fixture(scope="module")
def loaded(
    small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory
) -> loaded_model.LoadedModel:
    return loaded_model.load(**trained(small_artifacts, tmp_path_factory.mktemp("model")))


@pytest.fixture(scope="module")
def rows(small_artifacts: Path) -> pl.DataFrame:
    path = small_artifacts / "sequences" / "test"
    return tables.scan(path, model_arrays.schema_of("test"), made_by="").head(12).collect()


@pytest.mark.parametrize("who", ["as trained", MODEL, "last_viewed", "last_viewed_then_item_knn"])
@pytest.mark.parametrize("held_out", [False, True])
def test_its_top_is_what_predict_answers_and_each_depth_a_prefix_of_the_next(
    loaded, rows, who, held_out
):
    given, params = answering(loaded, who), settings()
    ranker, learned = given.ranker(params), given.learned(params)
    found = answerers(params, ranker, rows, given.calibration, learned, held_out=held_out)
    expected, _ = answer(
        params, given, ranker, Restrictions(rows), ListRules(), None, held_out=held_out
    )
    assert found.by == expected.by
    np.testing.assert_array_equal(found.lists(10).items, expected.lists)
    every = np.arange(len(rows))
    whole = found.order.to_depth(every, ITEMS)
    for depth in (1, 10, 250):
        part = found.order.to_depth(every, depth)
        np.testing.assert_array_equal(part.items, whole.items[:, :depth])
        np.testing.assert_allclose(part.scores, whole.scores[:, :depth])
    assert (whole.scores[:, :-1] >= whole.scores[:, 1:] - 1e-6).all()
    for row in whole.items.tolist():
        kept = [item for item in row if item]
        assert len(set(kept)) == len(kept)
        assert who != "as trained" or len(kept) == ITEMS


@pytest.mark.parametrize("who", [MODEL, "last_viewed_then_item_knn"])
def test_some_rows_are_ranked_as_among_all(loaded, rows, who):
    given, params = answering(loaded, who), settings()
    found = answerers(
        params, given.ranker(params), rows, given.calibration, given.learned(params)
    ).order
    whole, some = found.to_depth(np.arange(12), 20), np.array([7, 2, 11])
    np.testing.assert_array_equal(found.to_depth(some, 20).items, whole.items[some])


@pytest.mark.parametrize("who", ["as trained", MODEL, "popular", "last_viewed_then_item_knn"])
def test_a_restricted_order_holds_what_is_eligible_only(loaded, rows, who, tmp_path):
    """Denied and allowed for all and for single people: never more, and all of it."""
    names, users = loaded.names["vacancy_id"].to_list(), rows["user_id"].to_list()
    allow, deny = tmp_path / "allow", tmp_path / "deny"
    pl.DataFrame(
        {"vacancy_id": names[:40] * 2, "user_id": [users[0]] * 40 + [users[3]] * 40}
    ).write_parquet(allow)
    pl.DataFrame(
        {"vacancy_id": names[:20], "user_id": users[:1] * 10 + users[1:2] * 10}
    ).write_parquet(deny)
    given = answering(loaded, who)
    params = settings(fallback="auto", candidates="active", active_days=2)
    active = eligibility.activity(loaded.train, rows, len(loaded.catalogue), 2)
    limits = restrictions(rows, loaded.names, allow=allow, deny=deny, activity=active)
    ranker = given.ranker(params, activity=active, groups=limits.groups)
    order = answerers(
        params, ranker, limits.rows, given.calibration, given.learned(params), may=limits.may
    ).order
    lists = order.to_depth(np.arange(12), ITEMS)
    items = np.arange(3, ITEMS + 3)
    for row, found in enumerate(lists.items.tolist()):
        may = set(items[limits.may(np.full(ITEMS, row), items)].tolist())
        seen = set(rows["items"][row].to_list())
        assert {item for item in found if item} <= may
        if who != "popular":
            assert may - seen <= set(found)
    assert (lists.items[0] > 0).sum() <= 30


def test_deeper_scores_go_on_from_the_last_of_the_table():
    told = type("T", (), {"rows": np.array([5, 5]), "items": np.array([7, 9])})
    ranked = Lists(np.array([[9, 8, 7, 4]]), np.array([[4.0, 3.0, 2.5, 2.0]]))
    found = weighed_first(np.array([5]), ranked, told, np.array([0.5, 1.5]))
    assert found.items.tolist() == [[9, 7, 8, 4]]
    assert found.scores.tolist() == [[1.5, 0.5, 0.5, -0.5]]


def test_the_ranker_keeps_its_own_depth(loaded, rows):
    ranker = loaded.ranker(settings())
    before = ranker.k
    ModelOrder(ranker, rows, 64, settings().predict.seen).to_depth(np.arange(3), 50)
    assert ranker.k == before
