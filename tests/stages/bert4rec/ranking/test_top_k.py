"""The search against a full sort, in any block size and either precision."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from stages.bert4rec.ranking import exact_scores, item_index, top_k
from stages.bert4rec.ranking.exclusions import pairs
from stages.bert4rec.ranking.score_keys import NOTHING, keys, unpacked

SIZES = [
    {},
    {"CHUNK": 128, "SAMPLE": 300},
    {"CHUNK": 256, "PENDING": 0},
    {"CHUNK": 128 * 20, "PAIRS": 2**20},  # as a GPU has them
]


def items_of(vectors, biases, *, half):
    """A matrix whose ids are 3, 5, 7, ..."""
    made = item_index.empty(torch.arange(len(vectors)) * 2 + 3, vectors.shape[1])
    made.exact[: len(vectors), :-2] = vectors
    made.exact[: len(vectors), -2] = biases
    return made.measured(half=half)


def full_sort(states, own, excluded, items, k):
    """Score all pairs, drop the excluded, sort all keys of each row."""
    table = []
    for row, state in enumerate(states):
        query = items.query(state[None]).expand(len(items), -1)
        scores = exact_scores.exact_scores(query, items.exact[: len(items)])
        every = keys(scores, items.ids)
        gone = [place for owner, place in excluded if owner == row]
        every[gone] = NOTHING
        table.append(torch.cat([own[row], every, torch.full((k,), NOTHING)]))
    return torch.stack(table).sort(dim=1, descending=True).values[:, :k]


def search(states, own, excluded, items, k, **sizes):
    gone = torch.tensor(excluded, dtype=torch.int64).view(-1, 2)
    with pytest.MonkeyPatch.context() as patch:
        for name, size in sizes.items():
            patch.setattr(top_k, name, size)
        return top_k.best(states, own, pairs(gone[:, 0], gone[:, 1]), items, k)


def own_keys(generator, rows):
    """Three candidates a row with scores of their own and even ids; some are missing."""
    scores = torch.randn(rows, 3, generator=generator) * 3
    packed = keys(scores, torch.tensor([4, 6, 8]).expand(rows, 3))
    return packed.masked_fill(torch.rand(rows, 3, generator=generator) < 0.3, NOTHING)


@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(1, 6),
    count=st.sampled_from([1, 5, 127, 128, 129, 700, 2_500]),
    width=st.sampled_from([1, 2, 7, 16]),
    k=st.sampled_from([1, 3, 100]),
    levels=st.sampled_from([None, 1, 2]),
    sizes=st.sampled_from(SIZES),
)
def test_agrees_with_a_full_sort_to_the_bit(seed, rows, count, width, k, levels, sizes):
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape):
        values = torch.randn(shape, generator=generator)
        return values if levels is None else (values * levels / 2).round()  # many ties

    states, vectors, biases = draw(rows, width), draw(count, width), draw(count)
    gone = torch.rand(rows, count, generator=generator) < 0.2
    excluded = gone.nonzero().tolist()
    own = own_keys(generator, rows)
    exact = items_of(vectors, biases, half=False)
    expected = full_sort(states, own, excluded, exact, k)
    for half in (False, True):
        items = items_of(vectors, biases, half=half)
        assert torch.equal(search(states, own, excluded, items, k, **sizes), expected)


@pytest.mark.parametrize("half", [False, True])
def test_a_row_is_ranked_alike_in_any_company(half):
    generator = torch.Generator().manual_seed(1)
    items = items_of(torch.randn(5_000, 24, generator=generator), torch.zeros(5_000), half=half)
    states = torch.randn(33, 24, generator=generator)
    none = torch.zeros(33, 0, dtype=torch.int64)
    together = search(states, none, [], items, 50)
    alone = [search(states[row : row + 1], none[:1], [], items, 50) for row in range(33)]
    assert torch.equal(torch.cat(alone), together)


@pytest.mark.parametrize("half", [False, True])
def test_vectors_that_lie_closer_than_the_error_are_told_apart(half):
    """Scores differ by one unit of float32, far less than bfloat16 or a product can see."""
    vectors = torch.ones(3_000, 8) * 0.3
    biases = torch.zeros(3_000)
    biases[1_234], biases[77] = 2e-6, 1e-6
    items = items_of(vectors, biases, half=half)
    none = torch.zeros(1, 0, dtype=torch.int64)
    found = search(torch.full((1, 8), 1.7), none, [], items, 4)
    assert ((unpacked(found)[1] - 3) // 2).tolist() == [[1_234, 77, 0, 1]]


@pytest.mark.parametrize("half", [False, True])
def test_a_guess_that_was_too_high_is_made_good(half, monkeypatch):
    """Of some rows all the best items are in the sample, which is then no sample of the rest."""
    generator = torch.Generator().manual_seed(3)
    biases = torch.zeros(2_560)
    biases[::8] = 50.0
    items = items_of(torch.randn(2_560, 16, generator=generator), biases, half=half)
    states = torch.randn(6, 16, generator=generator)
    none = torch.zeros(6, 0, dtype=torch.int64)
    excluded = [(row, place) for row in (1, 4) for place in range(0, 2_560, 8)]
    searched = []
    best = top_k.best
    monkeypatch.setattr(
        top_k,
        "best",
        lambda states, *rest, **more: searched.append(states) or best(states, *rest, **more),
    )
    found = search(states, none, excluded, items, 20, SAMPLE=320)
    assert torch.equal(found, full_sort(states, none, excluded, items, 20))
    again = {row for row in range(6) if (searched[1] == states[row]).all(1).any()}
    assert again
    assert not again & {1, 4}


def test_nothing_is_searched_twice_where_the_sample_is_the_whole(monkeypatch):
    """The k-th best product may exceed the k-th best score, so it is lowered by the error there."""
    generator = torch.Generator().manual_seed(4)
    items = items_of(torch.randn(4_096, 64, generator=generator), torch.zeros(4_096), half=True)
    states, none = torch.randn(64, 64, generator=generator), torch.zeros(64, 0, dtype=torch.int64)
    searched = []
    best = top_k.best
    monkeypatch.setattr(
        top_k, "best", lambda *found, **more: searched.append(found) or best(*found, **more)
    )
    search(states, none, [], items, 5)
    assert len(searched) == 1


@given(st.integers(1, 200), st.floats(0.001, 1))
def test_a_guess_is_too_high_as_rarely_as_is_said(k, share):
    rank = top_k.rank_of_guess(k, share)
    too_high = stats.binom(k, share).sf  # more than so many of the k best are in the sample
    assert rank == k or too_high(rank - 1) <= top_k.CHANCE * 1.001
    assert rank == 1 or too_high(rank - 2) > top_k.CHANCE * 0.999


@given(st.integers(0, 1_000), st.floats(0.01, 100), st.sampled_from([4, 64, 128]))
def test_the_error_bound_holds(seed, scale, width):
    generator = torch.Generator().manual_seed(seed)
    vectors = torch.randn(300, width, generator=generator) * scale
    biases = torch.randn(300, generator=generator) * scale
    states = torch.randn(5, width, generator=generator)
    truth = states.double() @ vectors.double().T + biases
    for half in (False, True):
        items = items_of(vectors, biases, half=half)
        asked = items.asking(states)
        least = truth.max(dim=1).values.float()
        bound = items.error(asked, states, least)
        items.aim(asked, least)
        product = (asked @ items.wide[:300].T).double() + least[:, None]
        near = (truth - least[:, None]).abs()
        assert ((product - truth).abs() <= bound[:, None] + 2**-7 * half * near).all()
        exact = torch.stack(
            [
                exact_scores.exact_scores(
                    items.query(state[None]).expand(300, -1), items.exact[:300]
                )
                for state in states
            ]
        )
        assert ((exact - truth).abs() <= bound[:, None]).all()
        assert not half or float((product - truth).abs().max()) > 0  # the twin does differ


@given(st.lists(st.tuples(st.floats(width=32, allow_nan=False), st.integers(0, 2**31 - 1))))
def test_keys_order_by_score_then_by_ascending_id(pairs):
    scores = torch.tensor([score for score, _ in pairs], dtype=torch.float32)
    ids = torch.tensor([item for _, item in pairs], dtype=torch.int64)
    packed = keys(scores, ids)
    assert torch.equal(unpacked(packed)[0], scores + 0.0)
    assert torch.equal(unpacked(packed)[1], ids)
    by_key = packed.numpy().argsort(kind="stable")[::-1]
    by_hand = np.lexsort((ids.numpy(), -scores.numpy()))
    assert packed[by_hand.copy()].tolist() == packed[by_key.copy()].tolist()
    assert (packed > NOTHING).all()


def test_hits_are_found_by_their_sign():
    for kind in (torch.int16, torch.int32):
        bits = torch.full((4, top_k.LINE), -5, dtype=kind)
        bits[1, 3], bits[1, 127], bits[3, 0] = 7, 0, 1
        rows, columns = top_k.signless(bits)
        assert sorted(zip(rows.tolist(), columns.tolist(), strict=True)) == [
            (1, 3),
            (1, 127),
            (3, 0),
        ]


def test_few_pairs_are_scored_exactly(monkeypatch):
    """The point of it all: exact scores for some hundreds of 20,000 items."""
    generator = torch.Generator().manual_seed(2)
    items = items_of(torch.randn(20_000, 32, generator=generator), torch.zeros(20_000), half=True)
    scored = []
    score = exact_scores.PairScores.__call__

    def counted(self, rows, places):
        scored.append(len(rows))
        return score(self, rows, places)

    monkeypatch.setattr(exact_scores.PairScores, "__call__", counted)
    search(
        torch.randn(8, 32, generator=generator), torch.zeros(8, 0, dtype=torch.int64), [], items, 10
    )
    assert 10 * 8 <= sum(scored) < 200 * 8


def test_a_gpu_multiplies_with_as_many_items_as_fit():
    gpu = torch.device("cuda")
    assert top_k.chunk_of(torch.device("cpu"), 9) == top_k.CHUNK
    assert top_k.chunk_of(gpu, 2_048) == 2**28 // 2_048
    assert top_k.chunk_of(gpu, 2**30) == item_index.LINE
    assert top_k.chunk_of(gpu, 3_000) % item_index.LINE == 0
