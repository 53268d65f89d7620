"""Heads: read as they were written, refused where they name what is not theirs."""

import json

import pytest

from stages.core.fingerprints import FileMark
from stages.interface.errors import HhrecError
from stages.remote import head as heads
from stages.remote.head import Head
from stages.remote.store import opened
from stages.remote.urls import parsed

PLACE = parsed("memory://bucket/art/events")
MARKS = {"a/b.parquet": FileMark(3, 4, "0123456789abcdef" * 4)}


def test_a_head_reads_as_it_was_written() -> None:
    made = Head("events", "hhrec explode", "d", "t", heads.entries(PLACE, MARKS))
    assert heads.parsed(PLACE, made.data()) == made
    assert made.keys == {"events/a/b.0123456789abcdef.parquet"}
    assert heads.parsed(PLACE, None) is None
    assert heads.parsed(PLACE, Head("", "", "", "t").data()) is None  # withdrawn


@pytest.mark.parametrize(
    "key", ["../x", "other/x", "events/../x", "events.parquet", "events.01.parquet", "event", ""]
)
def test_a_key_of_something_else_is_refused(key: str) -> None:
    assert not heads.names(PLACE, key)
    made = json.loads(Head("events", "c", "d", "t", heads.entries(PLACE, MARKS)).data())
    made["files"]["a/b.parquet"]["key"] = key
    with pytest.raises(HhrecError, match="not its own"):
        heads.parsed(PLACE, json.dumps(made).encode())


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"kind": 3}'])
def test_what_is_no_head_is_refused(data: bytes) -> None:
    with pytest.raises(HhrecError, match="not as hhrec writes it"):
        heads.parsed(PLACE, data)


def test_a_file_has_its_hash_before_its_suffix() -> None:
    place = parsed("memory://bucket/vocab.parquet")
    found = heads.entries(place, {"": MARKS["a/b.parquet"]})
    assert found[""].key == "vocab.0123456789abcdef.parquet"
    assert heads.names(place, found[""].key)


def test_artifacts_are_found_above_and_below_a_place() -> None:
    store = opened(PLACE)
    made = Head("events", "hhrec explode", "d", "t", heads.entries(PLACE, MARKS))
    store.write(heads.beside(PLACE, "head"), made.data())
    assert heads.head_of(store, PLACE) == made
    assert heads.above(store, PLACE / "a/b.parquet") == PLACE
    assert heads.above(store, PLACE) is None
    root = parsed("memory://bucket")
    assert heads.below(root, store.listed(root)) == [PLACE]
    assert heads.folder(PLACE) == PLACE.parent / ".hhrec"
    assert heads.head_of(store, root) is None
