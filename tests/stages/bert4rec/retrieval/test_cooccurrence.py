"""Who follows whom: the table, whatever the order and the slices in which pairs are counted."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.bert4rec.examples.histories import Histories
from stages.bert4rec.retrieval import cooccurrence as following
from stages.bert4rec.retrieval.cooccurrence import neighbours, nobody
from stages.core import cooccurrence as counting
from stages.core import greatest
from stages.core.item_ids import FIRST_ITEM
from tests.oracles.cooccurrence import COUNT, similarity
from tests.worlds.small_model import make_histories, told
from tests.worlds.strategies import item_lists


@given(item_lists())
def test_the_table_is_counted_pair_by_pair(rows):
    dense = neighbours(told(rows), COUNT).whole.table.toarray()
    expected = np.zeros((COUNT, COUNT))
    for pair, value in similarity(rows).items():
        expected[pair] = value
    np.testing.assert_allclose(dense, expected, rtol=1e-6)


def test_pairs_farther_apart_than_the_reach_do_not_count():
    row = list(range(FIRST_ITEM, FIRST_ITEM + following.REACH + 2))
    table = neighbours(told([row]), COUNT).whole.table
    assert table[row[0], row[-2]] > 0
    assert table[row[0], row[-1]] == 0


@given(item_lists(), st.randoms(use_true_random=False))
def test_the_order_of_histories_changes_no_bit(rows, random):
    shuffled = random.sample(rows, len(rows))
    one, two = (neighbours(told(some), COUNT).whole for some in (rows, shuffled))
    for name in ("data", "indices", "indptr"):
        assert (getattr(one.table, name) == getattr(two.table, name)).all()
    assert (one.source == two.source).all()
    assert (one.target == two.target).all()


@pytest.mark.parametrize(
    ("module", "limit"), [(counting, "PAIRS"), (greatest, "CELLS"), (following, "EVENTS")]
)
@pytest.mark.parametrize("held_at_once", [1, 10, 50, 1_000])
def test_how_much_is_counted_at_once_changes_no_bit(module, limit, held_at_once, monkeypatch):
    histories = make_histories([15, 3, 9, 0, 12])
    whole = neighbours(histories, COUNT)
    monkeypatch.setattr(module, limit, held_at_once)
    parts = neighbours(histories, COUNT)
    assert (whole.whole.table.data == parts.whole.table.data).all()
    assert (whole.whole.table.indices == parts.whole.table.indices).all()
    assert (whole.whole.source == parts.whole.source).all()
    assert whole.end == parts.end
    assert (whole.cuts == parts.cuts).all()


def test_slices_of_histories_hold_each_once_and_not_many_events(monkeypatch):
    monkeypatch.setattr(following, "EVENTS", 10)
    offsets = make_histories([15, 3, 9, 0, 12, 1, 1, 1]).offsets
    slices = following._slices(offsets)
    assert [row for first, stop in slices for row in range(first, stop)] == list(range(8))
    assert len(slices) > 2
    assert following._slices(make_histories([]).offsets) == [(0, 0)]


def test_nobody_has_no_neighbours():
    assert nobody(7).whole.table.nnz == 0
    assert neighbours(told([[], []]), 7).whole.table.nnz == 0


def test_prediction_needs_but_the_whole_table():
    histories = make_histories([15, 3, 9, 0, 12])
    every, whole = neighbours(histories, COUNT), neighbours(histories, COUNT, past=False)
    assert len(every.past) == following.CUTS
    assert (whole.past, len(whole.cuts), whole.end) == ((), 0, every.end)
    assert (every.whole.table != whole.whole.table).nnz == 0
    assert (every.whole.source == whole.whole.source).all()


def test_a_past_table_is_that_of_what_was_before_its_cut():
    histories = make_histories([15, 3, 9, 0, 12])
    known = neighbours(histories, COUNT)
    for table, cut in zip(known.past, known.cuts, strict=True):
        rows = [
            [
                int(item)
                for item, time in zip(histories.items[a:b], histories.times[a:b], strict=True)
                if time < cut
            ]
            for a, b in pairwise(histories.offsets)
        ]
        expected = np.zeros((COUNT, COUNT))
        for pair, value in similarity(rows).items():
            expected[pair] = value
        np.testing.assert_allclose(table.table.toarray(), expected, rtol=1e-6)


@pytest.mark.parametrize("few", [7, 30, 10_000])
@given(st.permutations(range(8)))
def test_cuts_and_past_tables_are_the_same_in_whatever_order_histories_stand(few, order):
    """Buckets decide the order: `few` moments are told apart, fewer or more than there are events."""
    histories = make_histories([15, 3, 9, 0, 12, 1, 7, 5])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(following, "TIMES", few)
        one = neighbours(histories, COUNT)
        two = neighbours(in_order(histories, order), COUNT)
    assert (one.cuts == two.cuts).all()
    assert one.end == two.end
    for table, other in zip(one.past, two.past, strict=True):
        assert (table.table != other.table).nnz == 0
        assert (table.source == other.source).all()


def in_order(histories, order):
    rows = list(pairwise(histories.offsets))
    places = np.concatenate([np.arange(*rows[row]) for row in order])
    columns = ("items", "actions", "times", "sessions", "ranks", "met")
    flat = {name: getattr(histories, name)[places] for name in columns}
    lengths = [histories.lengths()[row] for row in order]
    return Histories(**flat, offsets=np.cumsum([0, *lengths]))


def test_cuts_are_quantiles_of_all_times_and_of_a_large_log_close_to_them(monkeypatch):
    histories = make_histories([40] * 30, seed=3)
    times = np.sort(following.met(histories, 0, 30)[2])
    wanted = np.quantile(times, [0.2, 0.4, 0.6, 0.8], method="lower")
    assert neighbours(histories, COUNT).cuts.tolist() == wanted.tolist()
    monkeypatch.setattr(following, "TIMES", 1_000)
    close = neighbours(histories, COUNT).cuts
    assert (close <= wanted).all()
    assert (wanted - close < (times[-1] - times[0]) / 999).all()


def test_times_that_are_all_one_make_one_cut(monkeypatch):
    histories = told([[3, 4], [4, 5]], times=[[9, 9], [9, 9]])
    for few in (2, 100):
        monkeypatch.setattr(following, "TIMES", few)
        found = neighbours(histories, COUNT)
        assert (found.cuts.tolist(), found.end) == ([9], 9)


def test_a_vacancy_keeps_fewer_neighbours_where_all_tables_would_grow_too_large(monkeypatch):
    met_by = np.array([[0, 1, 4, 90], [0, 2, 9, 200]])
    assert following.kept(met_by) == following.KEPT
    monkeypatch.setattr(following, "PAIRS_KEPT", 7 * 30)
    assert following.kept(met_by) == 35  # in six lines
    monkeypatch.setattr(following, "PAIRS_KEPT", 0)
    assert following.kept(met_by) == 1


def test_a_table_holds_no_more_than_was_allowed(monkeypatch):
    histories = make_histories([30] * 12, seed=4)
    monkeypatch.setattr(following, "PAIRS_KEPT", 600)
    found = neighbours(histories, COUNT)
    sizes = [int(np.diff(one.table.indptr).max()) for one in (found.whole, *found.past)]
    assert sum(one.table.nnz for one in (found.whole, *found.past)) <= 600
    assert len(set(sizes)) == 1
