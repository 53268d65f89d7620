"""So many threads for a while, then as many as before."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from stages.recommend.threads import threads


def test_the_count_holds_inside_and_comes_back_after_an_error() -> None:
    before = torch.get_num_threads()

    def fail() -> None:
        with threads(before + 1):
            assert torch.get_num_threads() == before + 1
            raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        fail()
    assert torch.get_num_threads() == before


def test_other_threads_count_for_themselves() -> None:
    def inside(count: int) -> int:
        with threads(count):
            return torch.get_num_threads()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(inside, [1, 3] * 20)) == [1, 3] * 20
