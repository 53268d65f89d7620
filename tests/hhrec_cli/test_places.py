"""Commands with URLs: the same results as with directories, and errors that say what to do."""

import json
import socket
from pathlib import Path

import pytest

from hhrec_cli import _places
from tests.helpers.command import Type
from tests.worlds.object_store import SECRET, WITHOUT, empty_memory, objects

ROOT = "memory://bucket/art"


@pytest.fixture
def cached(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished project, a store that is empty, a cache of its own."""
    monkeypatch.setenv("HHREC_CACHE", str(project.parent / "cache"))
    empty_memory()
    return project


def published(prefix: str) -> dict[str, bytes]:
    """Objects of an artifact, by their names without hashes."""
    found = {name: data for name, data in objects().items() if name.startswith(prefix)}
    return {".".join(name.rsplit(".", 2)[::2]): data for name, data in found.items()}


def test_stages_write_the_same_bytes_into_a_store(cached: Path, hhrec: Type) -> None:
    for file in (cached / "raw").iterdir():
        _put(f"bucket/raw/{file.name}", file.read_bytes())
    raw = ("--set", "raw=memory://bucket/raw")
    for line in ("explode", "filter", "vocab build", "features build", "sequences build"):
        done = hhrec(*line.split(), "--artifacts", ROOT, *raw, "--quiet")
        assert done.code == 0, done.err
    expected = {
        f"bucket/art/{path.relative_to(cached / 'artifacts')}": path.read_bytes()
        for name in ("events", "filtered", "features", "sequences")
        for path in (cached / "artifacts" / name).rglob("*")
        if path.is_file()
    }
    found = {name: data for name, data in published("bucket/art").items() if ".hhrec" not in name}
    vocab = found.pop("bucket/art/vocab.parquet")
    assert found == expected
    assert vocab == (cached / "artifacts" / "vocab.parquet").read_bytes()
    states = hhrec("status", "--artifacts", ROOT, "--json").json()
    assert {one["state"] for one in states.values()} == {"fresh", "absent"}
    shown = hhrec("vocab", "show", "--artifacts", ROOT, "--json").json()
    assert shown == hhrec("vocab", "show", "--json").json()


def test_a_bundle_names_the_raw_files_by_their_url(cached: Path, hhrec: Type) -> None:
    for file in (cached / "raw").iterdir():
        _put(f"bucket/raw/{file.name}", file.read_bytes())
    done = hhrec("bundle", "--out", "new", "--set", "raw=memory://bucket/raw")
    assert done.code == 0, done.err
    assert json.loads((cached / "new" / "params.json").read_text())["raw"] == "memory://bucket/raw"


def _put(name: str, data: bytes) -> None:
    import fsspec

    fsspec.filesystem("memory").pipe_file(f"/{name}", data)


def test_what_hhrec_did_not_write_is_refused_by_its_url(cached: Path, hhrec: Type) -> None:
    _put("bucket/art/filtered/letter", b"dear")
    done = hhrec("filter", "--events", "artifacts/events", "--out", f"{ROOT}/filtered")
    assert done.code == 1
    assert f"{ROOT}/filtered: nothing says that `hhrec filter` wrote" in done.said()
    assert str(cached.parent / "cache") not in done.err
    assert objects() == {"bucket/art/filtered/letter": b"dear"}


def test_what_is_missing_is_named_by_its_url(cached: Path, hhrec: Type) -> None:
    done = hhrec("filter", "--events", "memory://bucket/none", "--out", f"{ROOT}/filtered")
    assert done.code == 3
    assert "memory://bucket/none" in done.said()
    done = hhrec("run", "--raw", "memory://bucket/none", "--artifacts", ROOT)
    assert done.code == 3
    assert "memory://bucket/none: not found" in done.said()
    assert objects() == {}
    assert not list(cached.glob("memory*"))


@pytest.mark.parametrize(
    "line",
    [
        "init memory://bucket/project",
        "features build --text-cache memory://bucket/cache",
        "filter --events s3://bucket/../x",
        "filter --events nosuch://bucket/x",
    ],
)
def test_urls_that_make_no_sense_are_misuse(cached: Path, hhrec: Type, line: str) -> None:
    done = hhrec(*line.split())
    assert done.code == 2
    assert "Traceback" not in done.err
    assert not list(cached.glob("memory*"))


def test_no_connection_is_one_clear_error_without_secrets(
    cached: Path, hhrec: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("s3fs", reason=WITHOUT)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "tester")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        monkeypatch.setattr("stages.remote.filesystems.OPTIONS", {"config_kwargs": {"retries": {}}})
        done = hhrec("filter", "--events", "s3://bucket/events", "--out", "new")
    assert done.code == 1
    assert "s3://bucket/events: no connection to the store" in done.said()
    assert "Traceback" not in done.err
    assert SECRET not in done.err
    files = [path for path in cached.parent.rglob("*") if path.is_file()]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]


def test_paths_of_this_machine_need_no_store(cached: Path) -> None:
    with _places.used():
        given = {"out": cached, "k": 3, "files": [cached], "two": (cached, cached), "none": None}
        assert _places.local("blend", given) == given
        assert _places.root(cached) == cached
        assert _places.raw("raw", ["train.parquet"]) == "raw"
        assert _places.file(None) is None
        _places.fetch(cached, ["events"])
        _places.claim(cached)
        _places.watch(cached, 1.0)
