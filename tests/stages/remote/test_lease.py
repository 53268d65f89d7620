"""One writer at a time: locks of the living hold, those of the dead do not."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest

from stages.interface.errors import HhrecError
from stages.remote import head as heads
from stages.remote import lease as leases
from stages.remote.head import Head
from stages.remote.lease import Lease, Owner
from stages.remote.store import Store, opened
from stages.remote.urls import parsed

PLACE = parsed("memory://bucket/events")
LOCK = heads.beside(PLACE, "lock")


def held_by(other: Owner) -> Store:
    store = opened(PLACE)
    store.write(LOCK, json.dumps(asdict(other)).encode())
    return store


def test_a_second_writer_is_told_who_writes() -> None:
    store = opened(PLACE)
    first = Lease(store, PLACE)
    with pytest.raises(HhrecError, match=r"another hhrec writes there \(process \d+ of"):
        Lease(store, PLACE)
    assert first.refresh()
    first.require()
    first.release()
    Lease(store, PLACE).release()
    assert store.read(LOCK) is None


def test_the_dead_of_this_machine_hold_nothing() -> None:
    dead = replace(leases.owner("x"), begun=1.0)  # another process had this number
    assert leases.is_dead(dead)
    assert not leases.is_dead(leases.owner("x"))
    lease = Lease(held_by(dead), PLACE)
    lease.require()


def test_the_lock_of_a_command_line_that_is_no_utf_8_can_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["notebook", "\udcef.csv"])
    store = opened(PLACE)
    Lease(store, PLACE)
    with pytest.raises(HhrecError, match=r"process \d+ of .*: notebook \\xef\.csv"):
        Lease(store, PLACE)


def test_another_machine_has_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(leases.owner("x"), machine="another", begun=1.0)
    assert leases.machine() != "another"
    store = held_by(other)
    with pytest.raises(HhrecError, match="writes there"):
        Lease(store, PLACE)
    look, old = Store.look, datetime.now(UTC) - timedelta(seconds=leases.ENDS + 1)
    monkeypatch.setattr(
        Store, "look", lambda self, place: (one := look(self, place)) and replace(one, written=old)
    )
    Lease(store, PLACE)


def test_who_lost_a_lock_neither_refreshes_nor_goes_on_nor_gives_it_back() -> None:
    store = opened(PLACE)
    first = Lease(store, PLACE)
    held_by(leases.owner("somebody else"))
    assert not first.refresh()
    with pytest.raises(HhrecError, match="lost its lock"):
        first.require()
    first.release()
    assert store.read(LOCK)


def test_taking_over_changes_the_head_that_a_sleeper_would_replace() -> None:
    store = opened(PLACE)
    made = Head("events", "hhrec explode", "d", "t")
    store.write(heads.beside(PLACE, "head"), made.data())
    _, tag = store.tagged(heads.beside(PLACE, "head"))
    leases.fence(store, PLACE)
    assert not store.write(heads.beside(PLACE, "head"), b"of a sleeper", tag)
    found = heads.head_of(store, PLACE)
    assert found
    assert replace(found, token=made.token) == made


def test_a_lock_that_nobody_can_read_holds() -> None:
    store = opened(PLACE)
    store.write(LOCK, b"?")
    with pytest.raises(HhrecError, match="nobody knows who"):
        Lease(store, PLACE)
    assert "ends" in leases.busy(PLACE, "who").hint
