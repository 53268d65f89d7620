"""Excluded pairs against sets of (row, place)."""

from itertools import pairwise

import torch
from hypothesis import given
from hypothesis import strategies as st

from stages.bert4rec.ranking.exclusions import ExcludedPairs, pairs

ROWS, PLACES = 5, 12
PAIRS = st.lists(st.tuples(st.integers(0, ROWS - 1), st.integers(-1, PLACES - 1)), unique=True)


def made(given_pairs):
    table = torch.tensor(given_pairs, dtype=torch.int64).view(-1, 2)
    return pairs(table[:, 0], table[:, 1])


def listed(excluded):
    """Pairs as (row, place), in order."""
    if isinstance(excluded, ExcludedPairs):
        excluded = excluded.rows, excluded.places
    return list(zip(*(part.tolist() for part in excluded), strict=True))


@given(PAIRS)
def test_pairs_are_sorted_by_place_and_those_without_one_left_out(given_pairs):
    inside = [pair for pair in given_pairs if pair[1] >= 0]
    assert listed(made(given_pairs)) == sorted(inside, key=lambda pair: pair[1])


@given(PAIRS, st.integers(1, 4))
def test_of_a_sample_only_its_own_places_count(given_pairs, stride):
    expected = [
        (row, place // stride) for row, place in listed(made(given_pairs)) if place % stride == 0
    ]
    assert listed(made(given_pairs).sampled(stride)) == expected


@given(PAIRS, st.permutations(range(ROWS)), st.integers(0, ROWS))
def test_some_rows_are_numbered_anew(given_pairs, order, count):
    some = order[:count]
    found = made(given_pairs).of(torch.tensor(some, dtype=torch.int64), ROWS)
    expected = [(some.index(row), place) for row, place in listed(made(given_pairs)) if row in some]
    assert listed(found) == expected


@given(PAIRS, st.lists(st.integers(0, PLACES), min_size=1, max_size=5))
def test_pieces_count_their_places_from_their_start(given_pairs, cuts):
    bounds = sorted(cuts)
    expected = [
        [(row, place - low) for row, place in listed(made(given_pairs)) if low <= place < high]
        for low, high in pairwise(bounds)
    ]
    assert [listed(piece) for piece in made(given_pairs).cut(bounds)] == expected
