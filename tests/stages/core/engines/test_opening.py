"""Engines by name; what is missing for one is said at once."""

import sys

import pytest

from stages.core.engines.local import Local
from stages.core.engines.opening import opened
from stages.core.engines.processes import Processes
from stages.interface import extras
from stages.interface.errors import HhrecError
from stages.params import EngineParams
from tests.helpers import jobs


def test_kinds_have_their_engines_and_workers_end_with_them() -> None:
    with opened(EngineParams(), 1) as engine:
        assert isinstance(engine, Local)
    with opened(EngineParams(kind="processes", workers=2), 1) as engine:
        assert isinstance(engine, Processes)
        found = [one.counts["sum"] for one in engine.each(jobs.doubled, range(3), need=1)]
        children = list(engine.pool.started.values())
    assert found == [0, 2, 4]
    assert len(children) == 2
    assert all(child.poll() is not None for child in children)


def test_without_pyspark_its_install_command_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    monkeypatch.delitem(sys.modules, "stages.core.engines.spark", raising=False)
    with (
        pytest.raises(HhrecError, match="needs pyspark, pyarrow") as caught,
        opened(EngineParams(kind="spark"), 1),
    ):
        pass
    assert caught.value.hint == "pip install 'hhrec[spark]'"
