"""Times from the rate of matrix products."""

import pytest

from stages.plan import speed
from stages.plan.speed import RANKING, Speed


def test_this_machine_multiplies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "SECONDS", 0.01)
    assert speed.measured().flops > 10**8


def test_ten_times_the_rows_take_ten_times_as_long_and_a_faster_machine_less() -> None:
    slow, fast = Speed(10**11, 1), Speed(4 * 10**11, 4)
    assert slow.ranking(10, 1000, 126) == 10 * 1000 * 2 * 128 / (10**11 * RANKING)
    assert slow.ranking(100, 1000, 128) == pytest.approx(10 * slow.ranking(10, 1000, 128))
    assert slow.training(1e6, 400_000, 128, 2048) == pytest.approx(
        4 * fast.training(1e6, 400_000, 128, 2048)
    )
