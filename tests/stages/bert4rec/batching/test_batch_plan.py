import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stages.bert4rec.batching import batch_plan
from stages.bert4rec.examples.histories import window
from tests.worlds.small_model import make_histories

LENGTHS = st.lists(st.integers(0, 40), min_size=1, max_size=200).map(np.array)


@given(LENGTHS, st.integers(1, 300), st.integers(0, 9))
def test_a_plan_holds_every_row_once_within_the_budget(lengths, budget, seed):
    plan = batch_plan.plan(lengths, budget, seed)
    assert sorted(np.concatenate(plan)) == list(range(len(lengths)))
    for rows in plan:
        assert len(rows) == 1 or len(rows) * max(lengths[rows].max(), 1) <= budget


@given(LENGTHS, st.integers(1, 300))
def test_every_epoch_has_as_many_batches(lengths, budget):
    assert len({len(batch_plan.plan(lengths, budget, seed)) for seed in range(4)}) == 1


def test_a_seed_gives_one_order_and_seeds_differ():
    lengths = np.arange(200) % 17
    first, again, other = (batch_plan.plan(lengths, 64, seed) for seed in (1, 1, 2))
    assert all((one == two).all() for one, two in zip(first, again, strict=True))
    assert any(list(one) != list(two) for one, two in zip(first, other, strict=True))


def test_alike_lengths_stand_together():
    lengths = np.random.default_rng(0).geometric(0.05, 10_000).clip(1, 64)
    assert batch_plan.padding_share(lengths, batch_plan.plan(lengths, 2_048, 0)) < 0.05


def test_a_window_is_the_last_events_oldest_first():
    histories = make_histories([5, 1, 12, 0])
    view = window(histories, np.array([2, 3, 1]), 4)
    assert view.lengths.tolist() == [4, 0, 1]
    assert view.items[0].tolist() == histories.items[14:18].tolist()
    assert view.items[1].tolist() == [0, 0, 0, 0]
    assert view.items[2].tolist() == [histories.items[5], 0, 0, 0]


def test_histories_without_any_event_have_windows_too():
    view = window(make_histories([0, 0]), np.array([0, 1]), 4)
    assert view.items.shape == (2, 1)
    assert view.lengths.tolist() == [0, 0]


@given(LENGTHS, st.integers(1, 300))
def test_batches_for_ranking_go_by_length_and_hold_every_row_once(lengths, budget):
    plan = batch_plan.in_order(lengths, budget)
    rows = np.concatenate(plan)
    assert rows.tolist() == sorted(range(len(lengths)), key=lambda row: (lengths[row], row))
    for some in plan:
        assert len(some) == 1 or len(some) * max(lengths[some].max(), 1) <= budget
