"""Tables of keys by hand; their order is tested with the search."""

import torch

from stages.bert4rec.ranking.score_keys import NOTHING, keys, padded, top, unpacked


def test_keys_of_equal_scores_descend_with_the_id():
    scores = torch.tensor([0.0, -0.0, 0.0, -1.5, 2.5])
    ids = torch.tensor([1, 2, 2**31 - 1, 0, 7])
    packed = keys(scores, ids)
    assert packed.dtype == torch.int64
    assert packed.argsort(descending=True).tolist() == [4, 0, 1, 2, 3]
    assert packed[0] - packed[1] == 1
    found, back = unpacked(packed)
    assert (found.tolist(), back.tolist()) == (scores.tolist(), ids.tolist())
    assert (found.dtype, back.dtype) == (torch.float32, torch.int64)


def test_values_are_laid_out_by_row_in_their_order():
    rows, values = torch.tensor([2, 0, 2, 2, 0]), torch.tensor([5, 6, 7, 8, 9])
    assert padded(rows, values, 4, -1).tolist() == [
        [6, 9, -1],
        [-1, -1, -1],
        [5, 7, 8],
        [-1, -1, -1],
    ]


def test_no_values_make_a_table_without_columns():
    none = torch.zeros(0, dtype=torch.int64)
    assert padded(none, none, 3, -1).shape == (3, 0)
    assert padded(none, none, 0, -1).shape == (0, 0)


def test_the_greatest_keys_come_first_and_nothing_fills_up():
    packed = torch.tensor([[3, 9, 5], [NOTHING, 1, NOTHING]])
    assert top(packed, 2).tolist() == [[9, 5], [1, NOTHING]]
    assert top(packed, 3).tolist() == [[9, 5, 3], [1, NOTHING, NOTHING]]
    assert top(packed, 4).tolist() == [[9, 5, 3, NOTHING], [1, NOTHING, NOTHING, NOTHING]]
    assert top(packed[:, :0], 1).tolist() == [[NOTHING], [NOTHING]]
