"""The GPU's way to rows of small tables, run on the CPU, beside `embedding`'s own."""

import pytest
import torch
from torch import nn

from stages.bert4rec.network.small_tables import looked_up, rows_of


@pytest.mark.parametrize("width", [1, 6])
@pytest.mark.parametrize("shape", [(9,), (3, 5), (2, 0)])
def test_rows_and_gradients_are_those_of_an_embedding(shape, width):
    torch.manual_seed(3)
    table = nn.Embedding(4, width)
    ids, slope = torch.randint(0, 4, shape), torch.randn(*shape, width)
    expected = rows_of(table, ids)
    (expected * slope).sum().backward()
    gradient = table.weight.grad.clone()
    table.weight.grad = None
    found = looked_up(table.weight, ids)
    (found * slope).sum().backward()
    assert torch.equal(found, expected)
    torch.testing.assert_close(table.weight.grad, gradient)
