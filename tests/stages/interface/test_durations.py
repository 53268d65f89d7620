"""Times in words."""

import pytest

from stages.interface.durations import duration


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (3, "3 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"), (7200, "2.0 h")],
)
def test_the_largest_unit_that_fits(seconds: float, said: str) -> None:
    assert duration(seconds) == said
