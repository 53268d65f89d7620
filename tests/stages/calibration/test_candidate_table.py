"""The table of candidates that a calibration weighs, from a real ranking of made-up rows."""

import numpy as np
import pytest

from stages.bert4rec.ranking.ranker import Ranker
from stages.calibration.candidate_table import joined, names, start, tables
from stages.calibration.heuristics import ABSENT, Ranks
from stages.core.item_ids import FIRST_ITEM
from tests.worlds.rank_rows import LENGTHS, make_rows, trained
from tests.worlds.small_model import ITEMS

LISTS = ("popular", "als")
NAMES = names(LISTS)
WIDTH = FIRST_ITEM + ITEMS
HIDDEN, LISTED = (0, 7), (0, 9)


def ranks():
    """Both lists hold one vacancy for row 0 each, one of which is hidden from it."""
    keys = np.array([row * WIDTH + item for row, item in (HIDDEN, LISTED)])
    return Ranks(keys, np.array([[1, 3], [2, ABSENT]], dtype=np.float32), WIDTH)


def made(catalogue, k=200):
    ranker = Ranker(trained("prefix"), catalogue, k=k, batch_rows=3, with_parts=True)
    counts = np.arange(WIDTH, dtype=np.float32)
    return list(tables(ranker, make_rows({HIDDEN[0]: [HIDDEN[1]]}), ranks(), counts))


def test_with_the_weights_of_training_the_score_is_the_rankers(catalogue):
    for ranked, table in made(catalogue):
        scores = {
            (row, item): score
            for row, item, score in zip(
                table.rows.tolist(), table.items.tolist(), table.values @ start(LISTS), strict=True
            )
        }
        for row, items, expected in zip(
            ranked.rows.tolist(), ranked.items.tolist(), ranked.scores.tolist(), strict=True
        ):
            for item, score in zip(items, expected, strict=True):
                if item:
                    assert scores[row, item] == pytest.approx(score, abs=1e-3)


def test_counts_and_ranks_stand_apart_for_old_and_new_vacancies(catalogue):
    found = joined([table for _, table in made(catalogue)], len(NAMES))
    cell = {name: found.values[:, place] for place, name in enumerate(NAMES)}
    own = cell["in_history"] > 0
    assert own.any()
    assert not own.all()
    assert cell["own_count"][own] == pytest.approx(np.log1p(found.items[own]))
    assert cell["count"][~own] == pytest.approx(np.log1p(found.items[~own]))
    assert not cell["count"][own].any()
    listed = (found.rows == LISTED[0]) & (found.items == LISTED[1])
    side = "own_" if own[listed][0] else ""
    assert cell[f"{side}rank_popular"][listed] == pytest.approx(-np.log(2))
    assert cell[f"{side}rank_als"][listed] == pytest.approx(-np.log(ABSENT))


def test_tables_of_batches_are_put_together_in_the_order_of_rows_and_items(catalogue):
    parts = [table for _, table in made(catalogue)]
    assert len(parts) > 1
    found = joined(parts[::-1], len(NAMES))
    cells = sorted(
        (row, item, *numbers)
        for part in parts
        for row, item, numbers in zip(
            part.rows.tolist(), part.items.tolist(), part.values.tolist(), strict=True
        )
    )
    values = np.column_stack([found.rows, found.items, found.values])
    assert values.tolist() == [list(cell) for cell in cells]
    assert joined([], 7).values.shape == (0, 7)


def test_candidates_are_the_best_the_own_and_the_listed_but_none_that_is_hidden(catalogue):
    few = joined([table for _, table in made(catalogue, k=1)], len(NAMES))
    pairs = set(zip(few.rows.tolist(), few.items.tolist(), strict=True))
    assert LISTED in pairs
    assert HIDDEN not in pairs
    assert len(pairs) == len(few.rows)
    assert {row for row, _ in pairs} == set(range(len(LENGTHS)))
    order = few.rows * WIDTH + few.items
    assert (np.diff(order) > 0).all()
