"""The training dataset: what an epoch's batches hold."""

import pytest

from stages.train.dataset import padding
from tests.worlds.small_task import make_task


def test_padding_is_the_share_of_positions_without_an_event() -> None:
    task = make_task()
    lengths = dict(zip(task.rows, task.lengths(), strict=True))
    batches = task.plan(0)
    held = sum(lengths[row] for batch in batches for row in batch)
    positions = sum(len(batch) * max(lengths[row] for row in batch) for batch in batches)
    assert 0 < padding(task) == pytest.approx(1 - held / positions)
