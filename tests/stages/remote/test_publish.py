"""Publishing: nothing foreign is touched, nothing is left over, a lost lock publishes nothing."""

import shutil

import pytest

from stages.core import outputs
from stages.interface.errors import HhrecError
from stages.remote import head as heads
from stages.remote import publish
from stages.remote.lease import Lease, LostLockError
from stages.remote.publish import Journal
from stages.remote.store import Store, opened
from stages.remote.urls import cache, parsed
from tests.worlds.object_store import objects
from tests.worlds.remote_artifact import OTHER, PAIR, held, make, session

PLACE = parsed("memory://bucket/art/pair")
OLD, NEW = {"a.txt": "1", "deep/b.txt": "same"}, {"a.txt": "2", "deep/b.txt": "same"}


def write(made: outputs.Output, text: str) -> None:
    with made.replacing() as scratch:
        scratch.mkdir()
        (scratch / "a.txt").write_text(text)


def content() -> list[bytes]:
    return [data for name, data in objects().items() if ".hhrec" not in name]


def test_files_head_and_manifests_are_all_that_is_left() -> None:
    make(PLACE, OLD)
    make(PLACE, NEW)
    assert sorted(content()) == [b"2", b"same"]
    about = [name for name in objects() if ".hhrec" in name]
    assert sum(name.endswith("pair.head.json") for name in about) == 1
    assert len(about) == 3  # two manifests and the head
    assert str(cache()) not in str(objects())


@pytest.mark.parametrize("name", ["pair", "pair/a.txt", "pair/deep/letter", "pair/.hidden"])
def test_what_hhrec_did_not_write_is_left_alone(name: str) -> None:
    opened(PLACE).write(PLACE.parent / name, b"dear")
    with pytest.raises(HhrecError, match="left alone"):
        make(PLACE, OLD)
    assert objects() == {f"bucket/art/{name}": b"dear"}


def test_foreign_objects_in_an_artifact_of_ours_are_left_alone() -> None:
    make(PLACE, OLD)
    before = objects() | {"bucket/art/pair/letter": b"dear"}
    opened(PLACE).write(PLACE / "letter", b"dear")
    with pytest.raises(HhrecError, match="pair/letter, which `hhrec pair` did not write"):
        make(PLACE, NEW)
    assert objects() == before


def test_another_kind_and_places_inside_an_artifact_are_refused() -> None:
    make(PLACE, OLD)
    with pytest.raises(HhrecError, match="holds pair that `hhrec pair` wrote"):
        make(PLACE, {"c.txt": "3"}, OTHER)
    with pytest.raises(HhrecError, match="lies inside memory://bucket/art/pair"):
        make(PLACE / "deep", {"c.txt": "3"}, OTHER)
    with pytest.raises(HhrecError, match="found the bucket"):
        publish.require(opened(PLACE), parsed("memory://bucket"), PAIR)
    assert sorted(content()) == [b"1", b"same"]


def test_a_journal_of_the_dead_is_swept_and_names_nothing_foreign() -> None:
    store = opened(PLACE)
    make(PLACE, OLD)
    found = heads.head_of(store, PLACE)
    assert found
    litter = "pair/a.ffffffffffffffff.txt"
    keys = [litter, *found.keys, "elsewhere/letter", "../up"]
    store.write(PLACE.parent / litter, b"half")
    store.write(PLACE.parent / "elsewhere/letter", b"dear")
    data = str(Journal(keys).__dict__).replace("'", '"').encode()
    store.write(heads.beside(PLACE, "journal"), data)
    publish.sweep(store, PLACE)
    assert sorted(content()) == [b"1", b"dear", b"same"]
    assert publish.foreign(store, PLACE, found) == []
    assert heads.head_of(store, PLACE) == found


def test_who_lost_the_lock_publishes_nothing() -> None:
    make(PLACE, OLD)
    with session() as ours:
        made = outputs.prepare(PLACE.local, PAIR)
        opened(PLACE).write(heads.beside(PLACE, "lock"), b"of somebody else")
        with pytest.raises(HhrecError, match="lost its lock"):
            write(made, "2")
        assert ours.leases
    opened(PLACE).delete([heads.beside(PLACE, "lock")])
    shutil.rmtree(cache())
    with session() as again:
        assert held(again.fetch(PLACE)) == OLD
        again.take(PLACE)
        publish.require(opened(PLACE), PLACE, PAIR)
    assert sorted(content()) == [b"1", b"same"]


def test_what_changes_while_it_is_uploaded_is_not_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make(PLACE, OLD)
    (PLACE.local / "a.txt").write_text("10")
    upload = Store.upload

    def meanwhile(self: Store, files: dict) -> None:  # type: ignore[type-arg]
        upload(self, files)
        (PLACE.local / "a.txt").write_text("100")

    monkeypatch.setattr(Store, "upload", meanwhile)
    store = opened(PLACE)
    lease = Lease(store, PLACE)
    with pytest.raises(publish.ChangedError):
        publish.publish(store, PLACE, PAIR, lease)
    publish.sweep(store, PLACE)
    assert sorted(content()) == [b"1", b"same"]
    publish.withdraw(store, PLACE, lease)
    publish.withdraw(store, PLACE, lease)  # nothing is there any more
    lease.release()
    assert content() == []
    assert heads.head_of(store, PLACE) is None


def changing(monkeypatch: pytest.MonkeyPatch, texts: list[str]) -> None:
    """While a file is uploaded it gets the next of some texts, and stays when there are no more."""
    upload = Store.upload

    def meanwhile(self: Store, files: dict) -> None:  # type: ignore[type-arg]
        upload(self, files)
        if texts:
            (PLACE.local / "a.txt").write_text(texts.pop(0))

    monkeypatch.setattr(Store, "upload", meanwhile)


def test_nothing_is_left_of_several_tries_that_came_to_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make(PLACE, OLD)
    (PLACE.local / "a.txt").write_text("10")
    changing(monkeypatch, ["100", "1000"])
    store = opened(PLACE)
    lease = Lease(store, PLACE)
    for _ in range(2):
        with pytest.raises(publish.ChangedError):
            publish.publish(store, PLACE, PAIR, lease)
    publish.publish(store, PLACE, PAIR, lease)
    lease.release()
    assert sorted(content()) == [b"1000", b"same"]
    publish.require(store, PLACE, PAIR)  # nothing foreign is seen there


def test_a_late_upload_of_who_lost_the_lock_is_swept_by_the_next_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The new owner sweeps while the old one still uploads: what comes then is nobody's else."""
    make(PLACE, OLD)
    (PLACE.local / "a.txt").write_text("late")
    store, upload = opened(PLACE), Store.upload
    lease = Lease(store, PLACE)

    def taken_over(self: Store, files: dict) -> None:  # type: ignore[type-arg]
        self.write(heads.beside(PLACE, "lock"), b"of somebody else")
        publish.sweep(self, PLACE)
        upload(self, files)

    monkeypatch.setattr(Store, "upload", taken_over)
    with pytest.raises(LostLockError, match="lost its lock"):
        publish.publish(store, PLACE, PAIR, lease)
    assert sorted(content()) == [b"1", b"late", b"same"]
    store.delete([heads.beside(PLACE, "lock")])
    publish.require(store, PLACE, PAIR)
    assert sorted(content()) == [b"1", b"same"]


def test_a_torn_journal_names_nothing() -> None:
    store = opened(PLACE)
    make(PLACE, OLD)
    store.write(heads.beside(PLACE, "journal"), b"{")
    make(PLACE, NEW)
    assert sorted(content()) == [b"2", b"same"]
