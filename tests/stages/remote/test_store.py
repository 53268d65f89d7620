"""Objects: written under conditions, listed below a place, and errors that say what is wrong."""

from pathlib import Path

import pytest

from stages.interface.errors import HhrecError, UsageError
from stages.remote import store as stores
from stages.remote.store import opened
from stages.remote.urls import Address, parsed


def both(tmp_path: Path) -> list[Address]:
    return [parsed("memory://bucket/a"), parsed(f"file://{tmp_path}/store/a")]


def test_a_tag_is_of_one_content(tmp_path: Path) -> None:
    for place in both(tmp_path):
        store = opened(place)
        assert store.tagged(place) == (None, "")
        assert store.write(place, b"1", "")
        assert not store.write(place, b"2", "")
        data, tag = store.tagged(place)
        assert data == b"1"
        assert store.tag(place) == tag
        assert store.write(place, b"2", tag)
        assert not store.write(place, b"3", tag)
        assert store.write(place, b"3")
        assert store.read(place) == b"3"


def test_objects_are_listed_below_a_place(tmp_path: Path) -> None:
    for place in both(tmp_path):
        store = opened(place)
        assert store.listed(place) == {}
        store.write(place / "x/y", b"12")
        store.write(place.parent / "ab", b"")  # begins alike, lies beside
        assert {name: one.size for name, one in store.listed(place).items()} == {"x/y": 2}
        assert store.look(place) is None
        found = store.look(place / "x/y")
        assert found
        assert found.size == 2
        store.delete([place / "x/y", place / "nothing"])
        store.drop_uploads([place])  # other stores than S3 keep no parts
        assert store.listed(place) == {}


def test_files_go_there_and_back(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"content")
    for place in both(tmp_path):
        opened(place).upload({place: tmp_path / "one"})
        opened(place).download({place: tmp_path / "two"})
        assert (tmp_path / "two").read_bytes() == b"content"


def test_a_store_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError, match="no such kind of store"):
        opened(parsed("nosuch://x/y"))
    assert stores.store_of("memory", None) is stores.store_of("memory", None)


def test_without_its_extra_s3_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stages.interface.extras.find_spec", lambda _: None)
    with pytest.raises(HhrecError, match="s3fs") as error:
        stores.Store("s3")
    assert error.value.hint == "pip install 'hhrec[s3]'"
