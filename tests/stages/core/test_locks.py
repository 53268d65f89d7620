"""One writer at a time, and none that is dead."""

import errno
import fcntl
import os
import signal
from pathlib import Path

import pytest

from stages.core import kinds, outputs
from stages.core.locks import lock
from stages.interface.errors import HhrecError
from tests.helpers.lock_holder import held_by_a_child


def test_another_process_is_refused_until_the_first_is_dead(tmp_path: Path) -> None:
    place = tmp_path / "metrics"
    child = held_by_a_child(place)
    with pytest.raises(HhrecError, match=f"another hhrec writes there .process {child}:"):
        outputs.prepare(place, kinds.METRICS)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert outputs.prepare(place, kinds.METRICS).holds[0].held


def test_a_command_line_that_is_no_utf_8_can_hold_a_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["notebook", "\udcef.csv"])
    assert lock(tmp_path / "events").held
    said = (tmp_path / ".hhrec/events.lock").read_text()
    assert said.endswith(r"notebook \xef.csv")


def test_the_stages_of_one_run_share_its_lock(tmp_path: Path) -> None:
    first = lock(tmp_path / "events")
    assert lock(tmp_path / "events") is first
    del first
    assert lock(tmp_path / "events").held


def test_a_disk_that_knows_no_locks_is_written_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = {"without": errno.ENOLCK, "broken": errno.EIO}

    def refuse(number: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", lambda *_: refuse(failures["without"]))
    assert not lock(tmp_path / "without").held
    monkeypatch.setattr(fcntl, "flock", lambda *_: refuse(failures["broken"]))
    with pytest.raises(OSError, match="Input/output error"):
        lock(tmp_path / "broken")
