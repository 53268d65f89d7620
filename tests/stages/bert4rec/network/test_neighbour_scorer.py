"""The learned score of neighbours."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from stages.bert4rec.network.neighbour_scorer import SCALE, NeighbourScorer, above


@given(st.lists(st.lists(st.integers(0, 5), min_size=7, max_size=7), min_size=1, max_size=4))
def test_above_counts_what_is_greater(rows):
    values = torch.tensor(rows, dtype=torch.float32)
    assert above(values).tolist() == [[sum(v > own for v in row) for own in row] for row in rows]


def test_a_score_of_neighbours_starts_in_their_order_and_learns_all_its_weights():
    torch.manual_seed(0)
    nearby = NeighbourScorer(6)
    score = torch.tensor([[[0.5, 0.01, 0.2]]])
    one, days = torch.ones(1, 1, dtype=torch.long), torch.full((1, 1), 3.0)
    logits = nearby(torch.randn(1, 1, 6), score, days, one, one)
    torch.testing.assert_close(logits, torch.log1p(score * SCALE))
    torch.nn.init.normal_(nearby.second.weight)
    nearby(torch.randn(1, 1, 6), score, days, one, one).sum().backward()
    assert all(weight.grad.any() for weight in nearby.parameters())
