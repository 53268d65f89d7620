"""Mirrors: as the store, whatever stood there; nothing is brought twice; old or new, never both."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stages.interface.errors import HhrecError
from stages.remote import head as heads
from stages.remote import mirror
from stages.remote.mirror import fetch, fetch_files, fetch_tree, is_file
from stages.remote.store import Store, opened
from stages.remote.urls import Address, cache, parsed
from tests.worlds.remote_artifact import held, make

PLACE = parsed("memory://bucket/art/pair")
OLD, NEW = {"a.txt": "1", "deep/b.txt": "same"}, {"a.txt": "2", "deep/b.txt": "same"}


@pytest.fixture
def brought(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the objects that are downloaded."""
    found: list[str] = []
    download = Store.download

    def noted(self: Store, files: dict[Address, object]) -> None:
        found.extend(place.name for place in files)
        download(self, files)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "download", noted)
    return found


def test_another_machine_finds_what_was_published_with_its_manifest(brought: list[str]) -> None:
    local = make(PLACE, OLD)
    assert fetch(PLACE) == local
    assert brought == []  # the mirror of whoever wrote it is as the store
    shutil.rmtree(cache())
    assert held(fetch(PLACE)) == OLD
    assert len(brought) == 2
    assert len(list((local.parent / ".hhrec").glob("pair.*.json"))) == 2  # manifest and standing
    fetch(PLACE)
    assert len(brought) == 2


def test_only_what_changed_is_brought(brought: list[str], tmp_path: Path) -> None:
    make(PLACE, OLD)
    shutil.copytree(cache(), tmp_path / "before")
    make(PLACE, NEW)
    shutil.rmtree(cache())
    shutil.copytree(tmp_path / "before", cache())  # a machine that saw the old
    assert held(fetch(PLACE)) == NEW
    assert all(name.startswith("a.") for name in brought)


def test_what_is_not_in_the_store_is_not_in_the_mirror() -> None:
    (PLACE.local / "deep").mkdir(parents=True)
    (PLACE.local / "deep" / "stale").write_text("x")
    assert not fetch(PLACE).exists()
    root = PLACE.parent
    make(PLACE, OLD)
    (root.local / "left.txt").write_text("x")
    (root.local / "text-cache").mkdir()
    (root.local / "text-cache" / "vectors").write_text("of this machine")
    assert held(fetch_tree(root)).keys() >= {"pair/a.txt", "text-cache/vectors"}
    assert not (root.local / "left.txt").exists()


def test_what_goes_on_here_stays_until_the_store_moves() -> None:
    make(PLACE, OLD)
    (PLACE.local / "a.txt").write_text("more")
    assert held(fetch(PLACE, continued=True)) == OLD | {"a.txt": "more"}
    assert held(fetch(PLACE)) == OLD


def test_plain_objects_are_brought_and_brought_anew_when_they_change() -> None:
    raw, store = parsed("memory://bucket/raw"), opened(PLACE)
    store.write(raw / "train.parquet", b"12")
    store.write(raw / "other", b"")
    fetch_files(raw, ["train.parquet", "labels.parquet"])
    assert held(raw.local) == {"train.parquet": "12"}
    store.write(raw / "train.parquet", b"345")
    assert fetch(raw / "train.parquet").read_bytes() == b"345"
    assert held(fetch(raw)) == {"train.parquet": "345", "other": ""}
    store.delete([raw / "other"])
    assert held(fetch(raw)) == {"train.parquet": "345"}


def test_a_file_is_looked_for_without_being_brought(tmp_path: Path) -> None:
    raw = parsed("memory://bucket/raw")
    assert not is_file(Path("memory://bucket/raw/train.parquet"))
    opened(raw).write(raw / "train.parquet", b"12")
    assert is_file(Path("memory://bucket/raw/train.parquet"))
    assert not is_file(Path("memory://bucket/raw"))
    assert not raw.local.exists()
    assert not is_file(tmp_path)


def test_a_file_of_an_artifact_brings_the_artifact() -> None:
    make(PLACE, OLD)
    shutil.rmtree(cache())
    assert fetch(PLACE / "a.txt").read_text() == "1"
    assert fetch_files(PLACE, ["a.txt"]) == PLACE.local
    assert held(PLACE.local) == OLD


def test_a_directory_of_artifacts_is_brought_whole() -> None:
    make(PLACE, OLD)
    shutil.rmtree(cache())
    assert held(fetch(PLACE.parent) / "pair") == OLD


def test_what_is_replaced_while_it_is_read_is_read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    make(PLACE, OLD)
    shutil.rmtree(cache())
    download, times = Store.download, []

    def slowly(self: Store, files: dict[Address, object]) -> None:
        if not times:
            times.append(1)
            with pytest.MonkeyPatch.context() as patch:  # another machine
                patch.setenv("HHREC_CACHE", str(cache().parent / "other"))
                make(PLACE, NEW)
        download(self, files)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "download", slowly)
    assert held(fetch(PLACE)) == NEW


def test_an_object_that_is_not_as_written_is_refused() -> None:
    make(PLACE, OLD)
    shutil.rmtree(cache())
    store = opened(PLACE)
    found = heads.head_of(store, PLACE)
    assert found
    store.write(PLACE.parent / found.files["a.txt"].key, b"?")
    with pytest.raises(HhrecError, match="something else"):
        fetch(PLACE)
    assert not PLACE.local.exists()
    assert mirror.TRIES > 1


def test_checkpoints_that_were_never_published_stay_here() -> None:
    """Killed before the first minute was over, or without a connection: they are all there is."""
    root = PLACE.parent
    own = [root / "checkpoints", root / "final" / "checkpoints", root / "live"]
    for place in own:
        (place.local / "step-000000001").mkdir(parents=True)
        (place.local / "step-000000001" / "state.json").write_text("{}")
    (root.local / "model").mkdir()
    (root.local / "model" / "config.json").write_text("{}")
    fetch_tree(root)
    assert all((place.local / "step-000000001" / "state.json").is_file() for place in own)
    assert not (root.local / "model").exists()


def test_what_another_command_writes_below_final_stays_here() -> None:
    root = PLACE.parent
    model = root.local / "final" / "model"
    model.mkdir(parents=True)
    (model / "config.json").write_text("{}")
    code = "import sys, pathlib; from stages.core import locks; held = locks.lock(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, model], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        fetch_tree(root)
        assert (model / "config.json").is_file()
        other.communicate()
    fetch_tree(root)
    assert not model.exists()
