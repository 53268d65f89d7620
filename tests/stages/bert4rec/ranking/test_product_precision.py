"""Which precision products are made in."""

import pytest
import torch

from stages.bert4rec.ranking import product_precision, top_k
from stages.bert4rec.ranking.product_precision import in_half, seconds


@pytest.fixture
def timed(monkeypatch):
    """Shapes and kinds of what is tried, and a clock on which bfloat16 is faster, or is not."""
    tried, clock = [], {torch.bfloat16: 1.0, torch.float32: 2.0}

    def took(left, right):
        tried.append((tuple(left.shape), tuple(right.shape), left.dtype, right.dtype))
        return clock[left.dtype]

    monkeypatch.setattr(product_precision, "seconds", took)
    monkeypatch.setattr(product_precision, "WORTH", 1_000)
    return tried, clock


@pytest.mark.parametrize(("precision", "half"), [("no", False), ("bf16", True)])
def test_what_is_wanted_is_not_tried(timed, precision, half):
    assert in_half(precision, torch.ones(100, 8), 10**6, 512) is half
    assert timed[0] == []


def test_auto_takes_the_faster_one(timed, monkeypatch):
    tried, clock = timed
    monkeypatch.setattr(top_k, "CHUNK", 64)
    assert in_half("auto", torch.ones(100, 8), 50, 20)
    assert tried == [
        ((20, 8), (64, 8), torch.bfloat16, torch.bfloat16),
        ((20, 8), (64, 8), torch.float32, torch.float32),
    ]
    clock[torch.bfloat16] = clock[torch.float32]
    assert not in_half("auto", torch.ones(100, 8), 50, 80)
    assert tried[-1][0] == (50, 8)


def test_auto_tries_nothing_where_little_is_to_do(timed):
    assert in_half("auto", torch.ones(100, 8), 0, 512) is False
    assert in_half("auto", torch.ones(25, 8), 4, 512) is False  # 800 multiplications
    assert timed[0] == []
    assert in_half("auto", torch.ones(25, 8), 5, 512)  # 1,000


def test_the_shortest_of_some_tries_counts(monkeypatch):
    ticks = iter([0.0, 5.0, 10.0, 12.0, 20.0, 23.0])
    monkeypatch.setattr(product_precision.time, "perf_counter", lambda: next(ticks))
    assert seconds(torch.ones(2, 4), torch.ones(3, 4), tries=3) == 2.0
    assert next(ticks, None) is None
