"""Writing: checked first, whole or not at all, with nothing left behind."""

import errno
from pathlib import Path

import polars as pl
import pytest

from stages.core import kinds, outputs
from stages.interface.errors import HhrecError


def wrote(place: Path, part: str | None = None) -> None:
    facts = {"part": part} if part else {}
    with outputs.prepare(place, kinds.SCORES, facts=facts).replacing() as scratch:
        scratch.write_text("{}")


def test_a_failure_leaves_the_old_and_no_litter(tmp_path: Path) -> None:
    wrote(tmp_path / "scores.json")

    def fails() -> None:
        with outputs.prepare(tmp_path / "scores.json", kinds.SCORES).replacing() as scratch:
            scratch.write_text("half")
            raise OSError(errno.ENOSPC, "full")

    with pytest.raises(HhrecError, match=r"scores\.json: No space left on device"):
        fails()
    assert (tmp_path / "scores.json").read_text() == "{}"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hhrec", "scores.json"]


def test_a_fault_of_ours_passes_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(pl.exceptions.ColumnNotFoundError), outputs.mended(tmp_path):
        pl.DataFrame({"a": [1]}).select("b")


def test_work_is_done_beside_and_swept_up(tmp_path: Path) -> None:
    made = outputs.prepare(tmp_path / "scores.json", kinds.SCORES)
    with outputs.scratch_directory(made) as work:
        (work / "x").write_text("x")
        assert work.parent == tmp_path
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hhrec"]


def test_whose_rows_predictions_are_for_is_remembered(tmp_path: Path) -> None:
    wrote(tmp_path / "a.json", "validation")
    wrote(tmp_path / "b.json")
    found = outputs.identified({name: tmp_path / f"{name}.json" for name in "abc"})
    assert set(found) == {"a", "b"}
    assert [outputs.part_of(known) for known in found.values()] == ["validation", None]


def test_only_ours_is_removed(tmp_path: Path) -> None:
    wrote(tmp_path / "scores.json")
    outputs.remove(tmp_path / "scores.json", kinds.SCORES)
    outputs.remove(tmp_path / "scores.json", kinds.SCORES)  # nothing there is fine
    (tmp_path / "scores.json").write_text("mine")
    with pytest.raises(HhrecError, match="left alone"):
        outputs.remove(tmp_path / "scores.json", kinds.SCORES)
    assert (tmp_path / "scores.json").read_text() == "mine"


def test_a_directory_of_nothing_but_manifests_goes(tmp_path: Path) -> None:
    wrote(tmp_path / "final" / "scores.json")
    outputs.remove(tmp_path / "final" / "scores.json", kinds.SCORES)
    outputs.remove_empty(tmp_path / "final")
    assert not (tmp_path / "final").exists()
