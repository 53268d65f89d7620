"""Memory is given back now and then, not after each step."""

import pytest

from stages.train.callbacks import free_memory


def test_it_is_given_back_when_it_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now, given = [100.0], []
    monkeypatch.setattr(free_memory.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(free_memory, "give_back_memory", lambda: given.append(now[0]))
    memory = free_memory.FreeMemory()
    for step in range(1, 8):
        now[0] = 100.0 + 10 * step
        memory.after_step()
    assert given == [120.0, 140.0, 160.0]
