import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stages.bert4rec import ranking
from stages.bert4rec.histories import window
from stages.bert4rec.tokens import FIRST_ITEM
from tests.bert4rec.conftest import ITEMS, make_histories, make_model

NONE = torch.zeros(3, 0, dtype=torch.int64)


def slow_rank(model, catalogue, rows, k, hidden):
    """Score every vacancy of each row one by one and sort by (-score, id)."""
    with torch.no_grad():
        states, history = model.answers(rows, catalogue)
        vectors, biases = model.tower(torch.arange(len(catalogue)), catalogue)
    ranked = []
    for row in range(len(states)):
        scores = {
            item: float(states[row, 0] @ vectors[item] + biases[item])
            for item in range(FIRST_ITEM, len(catalogue))
        }
        for place, item in enumerate(rows.items[row].tolist()):
            if history[row, 0, place] > -torch.inf:
                scores[item] = float(history[row, 0, place])
        for item in hidden[row].tolist():
            scores.pop(item, None)
        ranked.append(sorted(scores, key=lambda item: (-scores[item], item))[:k])
    return ranked


@pytest.mark.parametrize("objective", ["mlm", "prefix", "causal"])
@pytest.mark.parametrize("block", [7, 1_000])
def test_agrees_with_the_obvious_ranking_in_any_block_size(
    objective, block, catalogue, monkeypatch
):
    monkeypatch.setattr(ranking, "BLOCK", block)
    histories = make_histories([6, 0, 11])
    model = make_model(objective)
    rows = ranking.question(window(histories, np.arange(3), 16), objective)
    hidden = torch.tensor([[4, 5], [0, 0], [20, 0]])
    matrix = ranking.item_matrix(model, catalogue)
    items, scores = ranking.rank(model, catalogue, matrix, rows, 10, hidden)
    assert items.tolist() == slow_rank(model, catalogue, rows, 10, hidden)
    assert (scores.diff(dim=1) <= 0).all()


def test_where_candidates_run_out_scores_say_so(catalogue):
    model = make_model("prefix")
    rows = ranking.question(window(make_histories([4, 2, 3]), np.arange(3), 16), "prefix")
    allowed = torch.zeros(len(catalogue), dtype=torch.bool)
    allowed[[5, 9]] = True
    matrix = ranking.item_matrix(model, catalogue, allowed)
    items, scores = ranking.rank(model, catalogue, matrix, rows, ITEMS, NONE)
    for row in range(3):
        found = set(items[row, scores[row] > -torch.inf].tolist())
        own = {item for item in rows.items[row].tolist() if item >= FIRST_ITEM}
        assert found == own | {5, 9}


@given(
    st.lists(st.lists(st.integers(0, 3), min_size=9, max_size=9), min_size=1, max_size=4),
    st.integers(1, 9),
)
def test_ties_are_settled_by_id(table, k):
    scores = torch.tensor(table, dtype=torch.float32)
    values, places = ranking.ordered(*ranking.top(scores, k), k)
    for row, line in enumerate(table):
        expected = sorted(range(9), key=lambda column: (-line[column], column))[:k]
        assert places[row].tolist() == expected
        assert values[row].tolist() == [line[column] for column in expected]
