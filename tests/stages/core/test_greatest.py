"""The greatest values of lines, against sorting each."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core import greatest as module
from stages.core.greatest import greatest

LINES = st.lists(st.lists(st.sampled_from([0.5, 1.0, 2.0, 3.0]), max_size=9), max_size=8)


@given(lines=LINES, most=st.integers(1, 6), cells=st.sampled_from([1, 10, 2**20]))
def test_the_greatest_of_each_line_are_kept_of_equals_the_first(lines, most, cells) -> None:
    expected = [
        nth in sorted(range(len(line)), key=lambda place: (-line[place], place))[:most]
        for line in lines
        for nth in range(len(line))
    ]
    values = np.array([value for line in lines for value in line])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CELLS", cells)
        kept = greatest(values, np.array([len(line) for line in lines], dtype=np.int64), most)
    assert all(expected) if kept is None else kept.tolist() == expected
