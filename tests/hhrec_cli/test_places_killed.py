"""The whole pipeline in an S3 server, killed and begun again: old or new, and no litter."""

import hashlib
import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.command import Type
from tests.launched.killing import Moment, hhrec
from tests.worlds.object_store import BUCKET, CREDENTIALS, WITHOUT, filesystem, serving

pytest.importorskip("moto", reason=WITHOUT)
ROOT = f"s3://{BUCKET}/art"
LINES = {  # by artifact: what writes it, and what makes another one of it
    "filtered": ("filter --events artifacts/events", "--set filter.min_item_events=2"),
    "vocab.parquet": ("vocab build --events artifacts/filtered", "--set vocab.min_count=1"),
    "features": ("features build --vocab artifacts/vocab.parquet", "--set features.tokens=100"),
}
TIMED = {"live", "checkpoints", "report.html"}  # hold times of the clock
HASHED = {"bundle.json"}  # holds hashes of files, params.json among them
FEWEST, LIMIT, RANDOM = 4, 200, 12


@pytest.fixture(scope="module")
def server() -> Iterator[Mapping[str, str]]:
    with serving() as found:
        yield found


@pytest.fixture
def here(project: Path, server: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, an empty bucket, a cache of its own, and the environment that reaches the server."""
    for name, value in server.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HHREC_CACHE", str(project.parent / "cache"))
    store = filesystem(server)
    if found := store.find(BUCKET):
        store.rm(found)
    return project


def stored() -> dict[str, bytes]:
    """All objects, by key."""
    store = filesystem(os.environ)
    return {name.removeprefix(f"{BUCKET}/"): store.cat_file(name) for name in store.find(BUCKET)}


def content(name: str, objects: Mapping[str, bytes]) -> str:
    """A hash of what the head of an artifact names, read in another way; empty where there is none."""
    head = json.loads(objects.get(f"art/.hhrec/{name}.head.json", b"{}"))
    told = hashlib.sha256()
    for file, one in sorted(head.get("files", {}).items()):
        data = objects[f"art/{one['key']}"]
        assert hashlib.sha256(data).hexdigest() == one["sha256"]
        told.update(file.encode() + data)
    return told.hexdigest() if head.get("kind") else ""


def litter(objects: Mapping[str, bytes]) -> list[str]:
    """Objects that no head names, locks and journals."""
    named = set()
    for key, data in objects.items():
        if key.endswith(".head.json"):
            folder = key.partition(".hhrec/")[0]
            named |= {folder + one["key"] for one in json.loads(data)["files"].values()}
    about = {key for key in objects if ".hhrec/" in key}
    left = {key for key in about if key.endswith((".lock.json", ".journal.json"))}
    return sorted(set(objects) - named - about | left)


def put(directory: Path, prefix: str) -> None:
    """Copy files into the bucket as another tool would."""
    store = filesystem(os.environ)
    for file in directory.iterdir():
        if file.is_file():
            store.put_file(str(file), f"{BUCKET}/{prefix}/{file.name}")


@pytest.mark.slow
@pytest.mark.parametrize("name", LINES)
def test_a_death_at_any_change_of_the_store_loses_nothing(here: Path, name: str) -> None:
    line, more = LINES[name]
    words = [*line.split(), "--out", f"{ROOT}/{name}", "--quiet"]
    again = [*words, *more.split()]
    assert hhrec(again) == 0
    new = content(name, stored())
    assert hhrec(words) == 0
    old = content(name, stored())
    assert old != new
    kills = 0
    while hhrec(again, Moment("object", kills + 1)) == -signal.SIGKILL:
        kills += 1
        assert content(name, stored()) in {old, new}
        assert hhrec(again) == 0
        assert content(name, stored()) == new
        assert litter(stored()) == []
        assert hhrec(words) == 0
        assert kills < LIMIT
    assert kills >= FEWEST
    assert here.is_dir()


@pytest.mark.slow
def test_the_pipeline_in_a_store_writes_the_bytes_of_a_local_one(here: Path) -> None:
    put(here / "raw", "raw")
    words = ["run", "--raw", f"s3://{BUCKET}/raw", "--artifacts", ROOT, "--quiet"]
    begun = time.monotonic()
    assert hhrec(words) == 0
    seconds = time.monotonic() - begun
    _require_equal(here)
    draw = np.random.default_rng(18)
    kills = 0
    more = ["--set", "train.lr=0.003"]
    for delay in draw.uniform(0, seconds, RANDOM):
        kills += hhrec([*words, *more], Moment("time", 0, float(delay))) != 0
        objects = stored()
        for key in objects:
            if key.endswith(".head.json"):
                content(key.split("/")[-1].removesuffix(".head.json"), objects)  # whole
    assert kills
    assert hhrec(words) == 0
    _require_equal(here)
    assert litter({key: data for key, data in stored().items() if key.startswith("art")}) == []
    require_untold(here)


@pytest.mark.slow
def test_credentials_are_in_no_file_object_or_message(here: Path, hhrec: Type) -> None:
    put(here / "raw", "raw")
    raw, out = ("--set", f"raw=s3://{BUCKET}/raw"), ("--artifacts", ROOT)
    typed = [
        ["explode", *raw, *out],
        ["filter", *out, "--log-format", "json"],
        ["status", *out, "--json"],
        ["filter", "--events", "s3://no-such-bucket/events", *out],
    ]
    done = [hhrec(*words) for words in typed]
    assert [one.code for one in done] == [0, 0, 0, 3]
    for one in done:
        assert not [text for text in CREDENTIALS if text in one.out + one.err]
    require_untold(here)


def require_untold(here: Path) -> None:
    """Look for credentials in all objects and in all files; for paths of the mirror in all objects."""
    files = [path for path in here.parent.rglob("*") if path.is_file()]
    objects = stored()
    assert objects
    assert any(path.is_relative_to(here.parent / "cache") for path in files)
    for text in CREDENTIALS:
        assert not [key for key, data in objects.items() if text.encode() in data]
        assert not [path for path in files if text.encode() in path.read_bytes()]
    mirror = str(here.parent / "cache").encode()
    assert not [key for key, data in objects.items() if mirror in data]


def _require_equal(here: Path) -> None:
    """Compare every file of the artifacts with the project's, which were made without a store."""
    objects = stored()
    heads = [key for key in objects if key.startswith("art/") and key.endswith(".head.json")]
    compared = 0
    for key in heads:
        name = key.split("/")[-1].removesuffix(".head.json")
        for file, one in json.loads(objects[key])["files"].items():
            local, data = here / "artifacts" / name / file, objects[f"art/{one['key']}"]
            if file == "params.json":  # which say where the raw files lie
                given, expected = json.loads(data), json.loads(local.read_bytes())
                assert {**given, "raw": ""} == {**expected, "raw": ""}
            elif file not in HASHED and name not in TIMED:
                assert data == local.read_bytes(), local
                compared += 1
    assert compared > 20
