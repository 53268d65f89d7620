"""From a sample to the whole log."""

import numpy as np

from stages.plan.whole_log import repeated


def test_lengths_are_repeated_in_their_shares() -> None:
    lengths = np.array([1, 2, 2, 9])
    assert repeated(lengths, 1.0).tolist() == [1, 2, 2, 9]
    assert repeated(lengths, 2.5).tolist() == [1, 2, 2, 9, 1, 2, 2, 9, 1, 2]
    assert repeated(lengths[:0], 3.0).tolist() == []
