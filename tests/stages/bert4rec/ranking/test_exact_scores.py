"""Scores of pairs: the same bits whatever they are scored with."""

import pytest
import torch

from stages.bert4rec.ranking.exact_scores import PairScores, exact_scores


@pytest.mark.parametrize("width", [1, 2, 7, 130])
def test_scores_are_inner_products_with_bits_of_the_pair_alone(width):
    generator = torch.Generator().manual_seed(width)
    queries, items = (torch.randn(50, width, generator=generator) for _ in range(2))
    found = exact_scores(queries, items)
    assert found.double() == pytest.approx((queries.double() * items.double()).sum(1), abs=1e-4)
    alone = [exact_scores(queries[n : n + 1], items[n : n + 1]) for n in range(50)]
    assert torch.equal(torch.cat(alone), found)


def test_pairs_are_scored_in_turns_of_any_size_and_nothing_asked_is_changed():
    generator = torch.Generator().manual_seed(1)
    queries, items = torch.randn(9, 34, generator=generator), torch.randn(70, 34)
    before = queries.clone(), items.clone()
    score = PairScores(queries, items)
    for count in (3, 40, 5, 0, 41):
        rows, places = torch.randint(9, (count,)), torch.randint(70, (count,))
        assert torch.equal(score(rows, places), exact_scores(queries[rows], items[places]))
    assert torch.equal(queries, before[0])
    assert torch.equal(items, before[1])


def test_memory_is_taken_once_for_turns_that_are_not_larger():
    score = PairScores(torch.ones(3, 4), torch.ones(5, 4))
    score(torch.zeros(8, dtype=torch.int64), torch.zeros(8, dtype=torch.int64))
    place = score.gathered[0].data_ptr()
    score(torch.zeros(6, dtype=torch.int64), torch.zeros(6, dtype=torch.int64))
    assert score.gathered[0].data_ptr() == place
