"""A manifest that somebody made up is no manifest; what ours say is found again."""

import json
from pathlib import Path
from typing import Any

import pytest

from stages.core import manifests
from stages.core.fingerprints import digest, marks

EVIL = "../../../etc/passwd"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """An artifact of one file, with its manifest."""
    path = tmp_path / "table"
    path.mkdir()
    (path / "bucket").write_text("rows")
    files = marks(path)
    manifests.write(path, manifests.Manifest("events", "hhrec explode", digest(files), files))
    return path


def changed(path: Path, change: Any) -> None:
    (file,) = manifests.folder_of(path).glob("*.json")
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


def test_what_was_written_is_read(written: Path) -> None:
    (found,) = manifests.of(written)
    assert found.files == marks(written)
    assert manifests.lookup(written, found.digest) == found


@pytest.mark.parametrize("name", [EVIL, "/etc/passwd", "a/../../b", "..", "a\0b"])
def test_paths_cannot_leave_the_artifact(written: Path, name: str) -> None:
    changed(written, lambda found: found["files"].update({name: found["files"]["bucket"]}))
    assert manifests.of(written) == []


@pytest.mark.parametrize("wanted", [EVIL, "", "x" * 64, "/" * 64])
def test_a_digest_that_is_a_path_is_not_looked_up(written: Path, wanted: str) -> None:
    assert manifests.lookup(written, wanted) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", "[" * 100_000, '{"manifest": 1}', "\0"])
def test_what_is_no_manifest_says_nothing(written: Path, text: str) -> None:
    (file,) = manifests.folder_of(written).glob("*.json")
    file.write_text(text)
    assert manifests.of(written) == []


def test_a_manifest_without_end_is_not_read(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "LARGEST", 10)
    assert manifests.of(written) == []
