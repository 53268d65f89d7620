"""Processes of one launch: alone without a launcher, refused where they do not know of each other."""

import pytest

from stages.interface import processes
from stages.interface.errors import HhrecError


def test_without_a_launcher_a_process_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    found = processes.joined("hhrec predict")
    assert (found.index, found.count, found.main) == (0, 1, True)
    assert found.told("mine") == "mine"
    assert found.agreed("mine", "files") == "mine"
    found.wait()


def test_copies_that_do_not_know_of_each_other_are_told_how_to_start() -> None:
    error = processes.unsynchronised(4, "hhrec predict")
    assert "WORLD_SIZE is 4" in error.message
    assert error.hint.endswith("--num_processes 4 hhrec predict")


def test_a_process_that_found_something_else_than_the_first_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes.Processes, "told", lambda *_: "theirs")
    second = processes.Processes(1, 2)
    assert second.agreed("theirs", "files") == "theirs"
    with pytest.raises(HhrecError, match="process 2 of 2: files differ"):
        second.agreed("mine", "files")
