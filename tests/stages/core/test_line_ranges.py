"""Runs of lines: each line once, and not too much in a run."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stages.core.line_ranges import ranges


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(1, 20))
def test_ranges_hold_each_line_once_and_not_too_much(sizes, most) -> None:
    found = ranges(np.array(sizes, dtype=np.int64), most)
    assert [line for begin, stop in found for line in range(begin, stop)] == list(range(len(sizes)))
    assert all(sum(sizes[b:s]) <= most or s == b + 1 for b, s in found)


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(1, 20), st.integers(1, 5))
def test_ranges_hold_no_more_lines_than_they_may(sizes, most, lines) -> None:
    found = ranges(np.array(sizes, dtype=np.int64), most, lines)
    assert [line for begin, stop in found for line in range(begin, stop)] == list(range(len(sizes)))
    assert all(stop - begin <= lines for begin, stop in found)
