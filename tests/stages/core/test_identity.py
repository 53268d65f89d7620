"""Which content stands somewhere, and how it differs from what was written."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from stages.core import identity, kinds, manifests, outputs
from stages.core.fingerprints import file_hash
from stages.interface.errors import HhrecError, MissingInputError


@pytest.fixture
def place(tmp_path: Path) -> Path:
    wrote(tmp_path / "metrics", "1")
    return tmp_path / "metrics"


def wrote(place: Path, text: str) -> None:
    with outputs.prepare(place, kinds.METRICS, facts={"part": "test"}).replacing() as scratch:
        scratch.mkdir()
        for name in ("test.json", "summary.json"):
            (scratch / name).write_text(text)


def test_what_was_written_is_known_with_all_that_made_it(place: Path) -> None:
    found = identity.identify(place)
    assert found.manifest
    assert (found.manifest.kind, found.manifest.facts) == ("metrics", {"part": "test"})
    assert found.manifest.digest == found.digest
    assert set(found.manifest.files) == {"test.json", "summary.json"}
    assert {"python", "polars"} <= set(found.manifest.packages)


def test_a_file_is_hashed_again_only_when_it_changed(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[Path] = []
    monkeypatch.setattr(
        "stages.core.fingerprints.file_hash", lambda file: (hashed.append(file), file_hash(file))[1]
    )
    identity.identify(place)
    assert hashed == []
    os.utime(place / "test.json", (1, 1))
    identity.identify(place)
    assert hashed == [place / "test.json"]


def test_a_lost_file_is_a_missing_input(place: Path) -> None:
    (place / "test.json").unlink()
    with pytest.raises(MissingInputError, match=r"lost .*test\.json .expected 2 file.s., found 1"):
        identity.identify(place)


def test_further_and_changed_files_are_named(place: Path) -> None:
    (place / "more.json").write_text("x")
    (place / "test.json").write_text("changed")
    with pytest.raises(HhrecError, match=r"too many .*more\.json; changed .*test\.json") as error:
        identity.identify(place)
    assert "run `hhrec evaluate`" in error.value.hint


def test_what_another_person_made_is_taken_once_the_own_is_forgotten(tmp_path: Path) -> None:
    place = tmp_path / "it's mine" / "metrics"
    for name in ("metrics", "metrics.json"):
        wrote(place.with_name(name), "1")
    (place / "test.json").write_text("as `dvc pull` wrote it")
    with pytest.raises(HhrecError, match="not as `hhrec evaluate` wrote it") as error:
        identity.identify(place)
    command = error.value.hint.partition("forget the old one: ")[2]
    subprocess.run(["bash", "-c", command], check=True)
    assert identity.identify(place).manifest is None
    assert identity.identify(place.with_name("metrics.json")).manifest


def test_a_change_of_one_byte_is_noticed(place: Path) -> None:
    (place / "test.json").write_text("2")
    with pytest.raises(HhrecError, match=r"changed .*test\.json"):
        identity.identify(place)


def test_without_manifests_nothing_is_said(place: Path) -> None:
    shutil.rmtree(place.parent / manifests.FOLDER)
    (place / "test.json").unlink()
    assert identity.identify(place).manifest is None


def test_broken_manifests_are_none(place: Path) -> None:
    for file in (place.parent / manifests.FOLDER).glob("*.json"):
        file.write_text("[{")
    assert identity.identify(place).manifest is None


def test_the_newest_manifests_are_kept(place: Path) -> None:
    for text in range(manifests.KEPT + 5):
        wrote(place, f"content {text}")
    assert len(manifests.of(place)) == manifests.KEPT
    assert identity.identify(place).manifest == manifests.of(place)[0]


def test_names_that_begin_alike_do_not_mix(tmp_path: Path) -> None:
    wrote(tmp_path / "metrics", "1")
    wrote(tmp_path / "metrics.json", "2")
    assert len(manifests.of(tmp_path / "metrics")) == 1
    assert len(manifests.of(tmp_path / "metrics.json")) == 1
