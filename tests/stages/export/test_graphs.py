"""What is exported computes what the model does, before any ONNX."""

import numpy as np
import pytest
import torch

from stages.bert4rec.examples.histories import window
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.popularity_prior import periods_of
from stages.bert4rec.ranking.query_encoder import encode
from stages.bert4rec.ranking.query_rows import QueryRows
from stages.export.graphs import Encoder, Ranking
from tests.worlds.small_model import catalogue, make_histories, make_model

__all__ = ["catalogue"]
COLUMNS = ("items", "actions", "times", "sessions", "lengths")
KINDS = [
    *(("prefix", name) for name in ("bert", "distilbert")),
    *(("causal", name) for name in ("bert", "modernbert")),
    *(("mlm", name) for name in ("distilbert", "modernbert")),
]


@pytest.mark.parametrize(("objective", "backbone"), KINDS)
@torch.inference_mode()
def test_states_and_own_scores(objective: str, backbone: str, catalogue: ItemInputs) -> None:
    model = make_model(objective, backbone)
    model.config.update({"neighbours": 0})
    histories = make_histories([5, 1, 22, 8, 0, 16])
    rows = QueryRows(histories, np.full(6, -1), 16, np.zeros(0, np.int64), np.zeros(7, np.int64))
    expected = encode(model, catalogue, rows, np.arange(6), (0, 1))
    view = window(histories, np.arange(6), 16)
    given = [torch.from_numpy(getattr(view, name).astype(np.int64)) for name in COLUMNS]
    ids = torch.arange(len(catalogue))
    asked, known = periods_of(torch.tensor([-1]), catalogue.demand, 0)
    demand = model.own_trend(ids, asked, known, catalogue.demand)
    states, own = Encoder(model)(*given, model.tower(ids, catalogue)[0], demand)
    order = np.argsort(expected.rows)
    assert states.numpy() == pytest.approx(expected.states.numpy()[order], abs=1e-5)
    listed = {
        (int(expected.rows[owner]), item): score
        for owner, item, score in zip(
            expected.owner.tolist(), expected.items.tolist(), expected.logits.tolist(), strict=True
        )
    }
    found = {
        (row, int(view.items[row, place])): float(own[row, place])
        for row, place in own.isfinite().nonzero().tolist()
    }
    assert found == pytest.approx(listed, abs=1e-5)


def test_the_history_has_scores_of_its_own() -> None:
    vectors = torch.eye(6)
    biases = torch.tensor([-torch.inf] * 3 + [1.0, 2.0, -torch.inf])
    states = torch.tensor([[0.0, 0, 0, 5, 4, 9]])
    items = torch.tensor([[4, 3, 4, 1, 0]])
    never = -torch.inf
    own = torch.tensor([[never, 0.5, 8.0, never, never]])
    found, scores = Ranking()(states, items, own, torch.tensor([3]), vectors, biases)
    assert found.tolist() == [[4, 3, 5]]  # 5 is never recommended
    assert scores.tolist() == [[8.0, 0.5, never]]
