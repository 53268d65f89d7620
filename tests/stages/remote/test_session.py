"""A command: locked before any work, published as artifacts are whole, tidy in the end."""

import threading
from pathlib import Path

import pytest

from stages.core import kinds, outputs
from stages.core.artifact_paths import INPUTS_FILE
from stages.core.results import RESULTS
from stages.interface.errors import HhrecError
from stages.remote import session as sessions
from stages.remote.lease import Lease
from stages.remote.session import Session
from stages.remote.urls import parsed
from tests.worlds.object_store import objects
from tests.worlds.remote_artifact import PAIR, held, make, session

ROOT = parsed("memory://bucket/art")
PLACE = ROOT / "pair"
OLD = {"a.txt": "1"}


def names() -> set[str]:
    return {name for name in objects() if ".hhrec" not in name}


def test_a_claimed_directory_is_locked_whole_and_free_in_the_end() -> None:
    with session() as ours:
        ours.claim(ROOT)
        assert {place.name for place in ours.leases} >= set(RESULTS)
        with session() as other, pytest.raises(HhrecError, match="another hhrec writes there"):
            other.take(ROOT / "model")
    assert objects() == {}


def test_what_is_followed_is_published_before_artifacts_and_in_the_end() -> None:
    with session() as ours:
        ours.claim(ROOT)
        (ROOT.local / INPUTS_FILE).parent.mkdir(parents=True, exist_ok=True)
        (ROOT.local / INPUTS_FILE).write_text("{}")
        with outputs.prepare(PLACE.local, PAIR).replacing() as scratch:
            scratch.mkdir()
            (scratch / "a.txt").write_text("1")
        assert [name.split(".")[0] for name in sorted(names())] == [
            "bucket/art/inputs",
            "bucket/art/pair/a",
        ]
        ours.fetch_continued(ROOT / "checkpoints", "checkpoints")
        (ROOT.local / "checkpoints" / "step-000000001").mkdir(parents=True)
        (ROOT.local / "checkpoints" / "step-000000001" / "state.json").write_text("{}")
        assert not any("checkpoints" in name for name in names())
        ours.flush([kinds.INPUTS])
        assert not any("checkpoints" in name for name in names())
    assert any("checkpoints/step-000000001/state" in name for name in names())


def test_what_a_killed_command_left_here_is_published_when_it_is_gone_on_with() -> None:
    (ROOT.local / "checkpoints").mkdir(parents=True)
    (ROOT.local / "checkpoints" / "state.json").write_text("{}")
    with session() as ours:
        ours.fetch_continued(ROOT / "checkpoints", "checkpoints")
    assert any("checkpoints/state" in name for name in names())


def test_a_removed_artifact_is_withdrawn() -> None:
    make(PLACE, OLD)
    with session():
        outputs.remove(PLACE.local, PAIR)
    assert names() == set()
    with session() as ours:
        assert held(ours.fetch_tree(ROOT)) == {}


def test_leftovers_of_a_dead_command_are_not_taken_for_the_artifact() -> None:
    make(PLACE, OLD)
    (PLACE.local / "a.txt").write_text("never published")
    with session():
        outputs.prepare(PLACE.local, PAIR)
        assert not PLACE.local.exists()


def test_local_places_and_other_processes_publish_nothing(tmp_path: Path) -> None:
    other = Session(writes=False)
    other.preparing(PLACE.local, PAIR)
    other.removed(PLACE.local)
    other.take_all(ROOT)
    other.follow(PLACE, kinds.LIVE)
    with session() as ours:
        ours.preparing(tmp_path, PAIR)
        ours.removed(tmp_path)
    other.close()
    assert objects() == {}


def test_something_done_again_and_again_ends_with_the_command() -> None:
    done: list[int] = []

    def work() -> None:
        done.append(1)
        raise HhrecError("no connection for a while")

    with session() as ours:
        ours.every(0.001, work)
        while len(done) < 3:
            pass
    count = len(done)
    assert len(done) == count


def test_locks_are_refreshed_while_something_is_uploaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload may take longer than a lock lasts without a refresh."""
    refreshed = threading.Event()
    refresh, flush = Lease.refresh, Session.flush

    def noted(self: Lease) -> bool:
        refreshed.set()
        return refresh(self)

    def slow(self: Session, *given: object) -> None:
        with self._publishing:
            refreshed.clear()
            assert refreshed.wait(30), "no refresh during an upload"
        flush(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(sessions, "REFRESHED", 0.01)
    monkeypatch.setattr(Lease, "refresh", noted)
    with session() as ours:
        ours.take(PLACE)
        monkeypatch.setattr(Session, "flush", slow)
        ours.flush()  # while the command works; once more in the end, when it is closed
    assert objects() == {}
