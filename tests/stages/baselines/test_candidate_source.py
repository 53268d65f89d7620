"""Scored items in the order in which baselines give them, and the space of item ids."""

import numpy as np
import polars as pl

from stages.baselines.candidate_source import first, item_space, no_items, ranked

GONE = pl.DataFrame({"row": [0], "item": [9]}, schema={"row": pl.UInt32, "item": pl.Int32})


def test_the_best_score_comes_first_ties_by_item_and_nothing_that_is_gone() -> None:
    rows, items = np.array([1, 0, 0, 0, 0]), np.array([3, 9, 5, 4, 8])
    scores = np.array([1.0, 9.0, 2.0, 2.0, 3.0])
    found = ranked(rows, items, scores, GONE, 2)
    assert found.rows() == [(0, 8, 0), (0, 4, 1), (1, 3, 0)]
    assert found.schema == no_items().schema


def test_the_least_orders_of_each_row_are_the_first() -> None:
    orders = {"row": [0, 0, 0, 1], "item": [7, 8, 9, 5], "order": [30, 10, 20, 40]}
    lists = pl.DataFrame(orders, schema=no_items().schema)
    assert first(lists, 2).rows() == [(0, 8, 10), (0, 9, 20), (1, 5, 40)]


def test_an_array_by_item_has_a_place_for_the_greatest() -> None:
    assert item_space(pl.DataFrame({"item": [3, 11, 4]})) == 12
    assert item_space(pl.DataFrame(schema={"item": pl.Int32})) == 1
