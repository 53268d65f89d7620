"""Rows to rank by hand: what they must not get, and what stays of them when some are picked."""

import numpy as np
import torch

from stages.bert4rec.ranking.query_rows import EncodedRows, QueryRows, together
from tests.worlds.small_model import told


def rows(groups=None):
    """Three rows; the first must not get 7 and 9, the last not 9 and 8."""
    return QueryRows(
        told([[7, 9], [7], [8]]),
        np.array([10, 20, 30]),
        16,
        np.array([7, 9, 9, 8], dtype=np.int32),
        np.array([0, 2, 2, 4]),
        groups,
    )


def test_rows_without_groups_are_of_none():
    assert rows().group_of().tolist() == [-1, -1, -1]
    assert rows(np.array([0, -1, 1])).group_of().tolist() == [0, -1, 1]


def test_hidden_items_are_named_with_the_place_of_their_row():
    owner, items = rows().hidden_pairs(np.array([2, 1, 0]))
    assert (owner.tolist(), items.tolist()) == ([0, 0, 2, 2], [9, 8, 7, 9])
    assert items.dtype == torch.int64
    assert rows().hidden_pairs(np.array([1]))[0].tolist() == []


def test_all_is_hidden_only_where_each_row_may_get_none_of_its_own():
    asked = rows()
    both, specials = np.array([0, 2]), [0, 1, 2]
    assert asked.hide_all(both, np.array([[7, 9, 7], [8, 0, 0]]))
    assert not asked.hide_all(both, np.array([[7, 9, 8], [8, 0, 0]]))  # the other row's
    assert not asked.hide_all(both, np.array([[7, 9, 7], [8, 3, 0]]))
    assert not asked.hide_all(np.array([1]), np.array([[7]]))
    assert asked.hide_all(np.array([1]), np.array([specials]))
    assert not asked.hide_all(np.array([2]), np.array([[50]]))


def encoded():
    """Rows 4, 2 and 9; the first has two vacancies of its own, the last three."""
    return EncodedRows(
        np.array([4, 2, 9]),
        torch.tensor([[0.5], [1.5], [2.5]]),
        torch.tensor([0, 0, 2, 2, 2]),
        torch.tensor([5, 3, 8, 5, 4]),
        torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5]),
        torch.tensor([1, 2, 3, 4, 5]),
        torch.tensor([[1.0], [2.0], [3.0], [4.0], [5.0]]),
    )


NAMES = ("rows", "states", "owner", "items", "logits", "times", "parts")


def listed(given):
    return {name: getattr(given, name).tolist() for name in NAMES}


def test_picked_rows_keep_what_is_theirs():
    some, marks = encoded().picked_with(np.array([2, 1]), torch.tensor([10, 20, 30, 40, 50]))
    assert listed(some) == {
        "rows": [9, 2],
        "states": [[2.5], [1.5]],
        "owner": [0, 0, 0],
        "items": [8, 5, 4],
        "logits": torch.tensor([0.3, 0.4, 0.5]).tolist(),
        "times": [3, 4, 5],
        "parts": [[3.0], [4.0], [5.0]],
    }
    assert marks.tolist() == [30, 40, 50]
    assert listed(encoded().picked(np.array([2, 1]))) == listed(some)


def test_rows_put_together_are_those_that_were_apart():
    whole = encoded()
    parts = [whole.picked(np.array([one])) for one in range(3)]
    assert listed(together(parts)) == listed(whole)
    assert listed(together([whole])) == listed(whole)


def test_own_vacancies_have_their_parts_and_others_what_is_given():
    others = torch.tensor([[-1.0], [-2.0], [-3.0], [-4.0]])
    owner, items = torch.tensor([0, 2, 0, 1]), torch.tensor([3, 5, 4, 5])
    found = encoded().parts_or(others, owner, items, 10)
    assert found.tolist() == [[2.0], [4.0], [-3.0], [-4.0]]
    last = encoded().parts_or(others[:2], torch.tensor([2, 2]), torch.tensor([8, 9]), 10)
    assert last.tolist() == [[3.0], [-2.0]]
    bare = encoded().picked(np.array([1]))
    assert bare.parts_or(others, owner * 0, items, 10) is others
