"""The batch that a graph makes of plain columns is the one that `question` makes."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stages.bert4rec.batching.batch import ASKED, EVENTS, Batch
from stages.bert4rec.examples.histories import Histories, Window, window
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.model import HhrecModel
from stages.bert4rec.ranking.query_rows import QueryRows
from stages.bert4rec.ranking.question import PAUSE, continued, question
from stages.core.time_units import HOUR, SECOND
from stages.export import inputs
from stages.export.inputs import asked_batch
from tests.worlds.small_model import catalogue, make_histories, make_model, seen

__all__ = ["catalogue"]
COLUMNS = ("items", "actions", "times", "sessions", "lengths")


def columns(view: Window) -> list[torch.Tensor]:
    return [torch.from_numpy(getattr(view, name).astype(np.int64)) for name in COLUMNS]


def by_question(model: HhrecModel, catalogue: ItemInputs, histories: Histories) -> Batch:
    count = len(histories)
    rows = QueryRows(
        histories, np.full(count, -1), 16, np.zeros(0, np.int64), np.zeros(count + 1, np.int64)
    )
    return question(model, catalogue, rows, np.arange(count))


@pytest.mark.parametrize("asks", ["session", "event"])
@pytest.mark.parametrize("objective", ["prefix", "causal", "mlm"])
def test_the_same_batch(objective: str, asks: str, catalogue: ItemInputs) -> None:
    histories = make_histories([5, 1, 22, 8, 0, 16])
    times = np.where(np.arange(52) % 3, histories.times, histories.times // HOUR * HOUR)
    histories = replace(histories, times=times + 1_700_000_000 * SECOND)
    model = make_model(objective)
    model.config.update({"neighbours": 0, "asks": asks})
    expected = by_question(model, catalogue, histories)
    view = window(histories, np.arange(len(histories)), 16)
    found = asked_batch(model.config, *columns(view))
    for name in (*EVENTS, *ASKED):
        if name != "weight":  # of the loss
            assert torch.equal(getattr(found, name), getattr(expected, name)), name


@given(st.lists(st.integers(0, 3), min_size=1, max_size=9), st.integers(0, 2**20))
def test_a_session_goes_on_after_a_short_pause_only(steps: list[int], seed: int) -> None:
    sessions = np.cumsum(np.array(steps) > 1).tolist()
    waits = np.random.default_rng(seed).integers(PAUSE - 2, PAUSE + 2, len(steps))
    view = seen([[3] * len(steps)], sessions=[sessions], times=[np.cumsum(waits).tolist()])
    _, _, times, given_sessions, lengths = columns(view)
    found = inputs.continued(times, given_sessions, lengths[:, None])
    assert found.tolist() == continued(view).sessions.tolist()


def test_gaps_are_powers_of_two_of_seconds() -> None:
    times = torch.tensor([[0, 0, 1, 4, 2**40, 2**40]]).cumsum(1) * SECOND
    inside = torch.tensor([[True, True, True, True, True, False]])
    assert inputs.gap_buckets(times, inside).tolist() == [[0, 1, 2, 3, 27, 0]]
