"""The vectorised draws against slow and obvious versions."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.data.sample import draw

GROUPED = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), max_size=30)


@given(GROUPED)
def test_ranks_count_the_smaller_keys_of_the_group(pairs: list[tuple[int, int]]) -> None:
    group = np.array([one for one, _ in pairs], dtype=np.int64)
    key = np.array([other + place / 100 for place, (_, other) in enumerate(pairs)])
    slow = [int(((group == g) & (key < k)).sum()) for g, k in zip(group, key, strict=True)]
    assert draw.ranks(group, key).tolist() == slow


@given(st.lists(st.integers(0, 5), max_size=10))
def test_spread_numbers_the_entries_of_ragged_rows(lengths: list[int]) -> None:
    owner, place = draw.spread(np.array(lengths, dtype=np.int64))
    slow = [(row, spot) for row, length in enumerate(lengths) for spot in range(length)]
    assert list(zip(owner.tolist(), place.tolist(), strict=True)) == slow


@given(st.integers(0, 10**7), st.integers(1, 60))
def test_shares_of_all_chunks_sum_to_the_total(total: int, chunks: int) -> None:
    parts = [draw.share(total, chunk, chunks) for chunk in range(chunks)]
    assert sum(parts) == total
    assert max(parts) - min(parts) <= 1


@settings(max_examples=30)
@given(st.integers(0, 10**6))
def test_raking_meets_both_margins(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = rng.dirichlet(np.full(6, 3.0)), rng.dirichlet(np.full(4, 3.0))
    fitted = draw.rake(rng.uniform(0.5, 2.0, (6, 4)), rows, columns, rounds=200)
    np.testing.assert_allclose(fitted.sum(axis=1), rows, atol=1e-6)
    np.testing.assert_allclose(fitted.sum(axis=0), columns, atol=1e-6)


def test_streams_differ_by_purpose_and_chunk_and_repeat_exactly() -> None:
    first = draw.stream(1, "people", 0).integers(0, 2**60)
    assert first == draw.stream(1, "people", 0).integers(0, 2**60)
    others = [draw.stream(*key).integers(0, 2**60) for key in ((1, "people", 1), (1, "bots", 0))]
    assert first not in others


def test_pick_follows_the_shares() -> None:
    drawn = draw.pick(draw.stream(0, "test"), np.array([3.0, 0.0, 1.0]), 40_000)
    shares = np.bincount(drawn, minlength=3) / 40_000
    np.testing.assert_allclose(shares, [0.75, 0.0, 0.25], atol=0.01)


def test_pick_by_row_follows_each_row() -> None:
    table = np.array([[1.0, 1.0, 2.0], [0.0, 5.0, 0.0]])
    rows = np.repeat([0, 1], 20_000)
    drawn = draw.pick_by_row(draw.stream(0, "test"), table, rows)
    first = np.bincount(drawn[:20_000], minlength=3) / 20_000
    np.testing.assert_allclose(first, [0.25, 0.25, 0.5], atol=0.015)
    assert set(drawn[20_000:]) == {1}
