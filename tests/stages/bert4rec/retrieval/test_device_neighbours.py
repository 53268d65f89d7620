"""The GPU's way to neighbours, run on the CPU, beside the CPU's own way."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stages.bert4rec.examples import training_examples
from stages.bert4rec.examples.histories import window
from stages.bert4rec.retrieval import candidate_generation, device_neighbours, device_tables
from stages.bert4rec.retrieval.cooccurrence import neighbours
from stages.bert4rec.retrieval.line_sums import held
from stages.core.item_ids import FIRST_ITEM
from tests.worlds.small_model import make_histories

CPU = torch.device("cpu")
COUNT = FIRST_ITEM + 35


def by_item(items, scores):
    return {item: score for item, score in zip(items, scores, strict=True) if item}


def assert_alike(histories, view, rows, asked, most, lag):
    known, whole = neighbours(histories, COUNT), held(histories, rows, COUNT)
    one = candidate_generation.near(known, view, whole, asked, most, lag)
    before = candidate_generation.met_before(view)
    questions = device_tables.near_questions(view, asked, whole, before).to(CPU)
    tables = device_tables.device_tables(known, CPU)
    items, scores, stale = device_neighbours.near(tables, questions, most, lag)
    np.testing.assert_allclose(stale.numpy(), one.stale, rtol=1e-6)
    np.testing.assert_allclose(scores.numpy(), one.score, rtol=1e-4, atol=1e-6)
    if most == COUNT:
        for row, nth in np.ndindex(one.items.shape[:2]):
            mine = by_item(items[row, nth].tolist(), scores[row, nth].tolist())
            theirs = by_item(one.items[row, nth].tolist(), one.score[row, nth].tolist())
            assert mine == pytest.approx(theirs, rel=1e-4, abs=1e-6)


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=6),
    st.integers(0, 99),
    st.sampled_from([2, COUNT]),
    st.sampled_from([None, 0, 10**11]),
    st.sampled_from([9, 64]),
)
def test_all_kinds_of_questions_get_the_same_neighbours(lengths, seed, most, lag, longest):
    histories, rows = make_histories(lengths, seed), np.arange(len(lengths))
    view, generator = window(histories, rows, longest), np.random.default_rng(seed)
    asked = training_examples.joined(
        training_examples.every_event(view, generator, COUNT),
        training_examples.next_sessions(view, generator, 5, COUNT),
    )
    assert_alike(histories, view, rows, asked, most, lag)
    assert_alike(histories, view, rows, training_examples.what_next(view), most, lag)


def test_little_room_changes_nothing(monkeypatch):
    histories, rows = make_histories([30, 4, 17, 0, 9], 3), np.arange(5)
    view = window(histories, rows, 64)
    asked = training_examples.every_event(view, np.random.default_rng(0), COUNT)
    monkeypatch.setattr(device_neighbours, "CELLS", 1)
    assert_alike(histories, view, rows, asked, COUNT, None)


def test_equal_sums_come_by_ascending_item_and_the_cut_falls_on_the_last():
    sums = torch.tensor([[[0.5, 2.0, 0.5, 0.0, 0.5, 2.0]]])
    distinct = torch.tensor([[3, 5, 8, 9, 11, 40]])
    items, scores = device_tables.best_of(sums, distinct, 4)
    assert items.tolist() == [[[5, 40, 3, 8]]]
    assert scores.tolist() == [[[2.0, 2.0, 0.5, 0.5]]]


def test_a_table_that_stands_twice_is_brought_once():
    known = neighbours(make_histories([9] * 12, seed=4), COUNT)
    twice = type(known)(known.whole, (known.whole,) * 3, known.cuts[:3], known.end)
    tables = device_tables.device_tables(twice, CPU)
    assert tables.lines.tolist() == [0] * 4
    assert len(tables.values) == known.whole.table.nnz + 1
