"""A directory of artifacts belongs to one set of input files."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from stages.core import kinds
from stages.interface.errors import HhrecError, MissingInputError
from stages.pipeline.provenance import check_inputs, claim, claimed, clear_final
from tests.helpers.lock_holder import held_by_a_child
from tests.helpers.trees import tree

OUTPUTS = {"events": kinds.EVENTS, "model": kinds.MODEL}


@pytest.fixture
def raw(raw_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(raw_dir, tmp_path / "raw"))


@pytest.fixture
def made(raw: Path, tmp_path: Path) -> Path:
    """Artifacts of `raw`: a table and a model, and a file that no stage writes."""
    artifacts = tmp_path / "artifacts"
    claim(raw, artifacts, OUTPUTS, force=False)
    for name in (*OUTPUTS, "notes"):
        (artifacts / name).mkdir()
    return artifacts


def test_the_same_inputs_may_run_again_from_anywhere(raw: Path, made: Path, tmp_path: Path) -> None:
    elsewhere = shutil.copytree(raw, tmp_path / "elsewhere")
    claim(Path(elsewhere), made, OUTPUTS, force=False)
    assert (made / "events").is_dir()


def test_later_labels_are_not_other_inputs(raw: Path, made: Path) -> None:
    before = claimed(made)
    (raw / "labels.parquet").unlink()
    claim(raw, made, OUTPUTS, force=True)  # which would remove what other inputs made
    assert claimed(made) == before
    assert before is not None
    assert "labels.parquet" not in before
    assert all((made / name).is_dir() for name in OUTPUTS)


@pytest.mark.parametrize("name", ["train.parquet", "test.parquet", "vacancies.parquet"])
def test_other_inputs_are_refused_and_nothing_moves(raw: Path, made: Path, name: str) -> None:
    before = claimed(made)
    with (raw / name).open("ab") as stream:
        stream.write(b"more")
    with pytest.raises(HhrecError, match="events, model made from other input files") as error:
        claim(raw, made, OUTPUTS, force=False)
    assert "--artifacts DIR" in error.value.hint
    assert "--force" in error.value.hint
    assert claimed(made) == before
    assert (made / "model").is_dir()


def test_force_removes_the_outputs_and_nothing_else(raw: Path, made: Path) -> None:
    with (raw / "test.parquet").open("ab") as stream:
        stream.write(b"more")
    claim(raw, made, OUTPUTS, force=True)
    assert sorted(path.name for path in made.iterdir()) == [".hhrec", "inputs.json", "notes"]
    claim(raw, made, OUTPUTS, force=False)


def test_a_final_fit_of_other_inputs_is_refused_and_removed_by_force(raw: Path, made: Path) -> None:
    for name in OUTPUTS:
        (made / name).rmdir()
    (made / "final" / "model").mkdir(parents=True)
    with (raw / "test.parquet").open("ab") as stream:
        stream.write(b"more")
    with pytest.raises(HhrecError, match="holds final/model made from other input files"):
        claim(raw, made, OUTPUTS, force=False)
    claim(raw, made, OUTPUTS, force=True)
    assert not (made / "final" / "model").exists()


def test_force_leaves_what_hhrec_did_not_write(raw: Path, made: Path) -> None:
    (made / "model" / "diary.txt").write_text("mine")
    with (raw / "test.parquet").open("ab") as stream:
        stream.write(b"more")
    with pytest.raises(HhrecError, match=r"model: holds diary\.txt, which `hhrec train` did not"):
        claim(raw, made, OUTPUTS, force=True)
    assert (made / "events").is_dir()
    assert (made / "model" / "diary.txt").read_text() == "mine"


def test_a_second_run_into_one_directory_is_refused(raw: Path, made: Path) -> None:
    child = held_by_a_child(made / "events")
    try:
        with pytest.raises(HhrecError, match="another hhrec writes there"):
            claim(raw, made, OUTPUTS, force=True)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    claim(raw, made, OUTPUTS, force=True)


def test_a_final_fit_that_is_being_made_by_hand_is_left_alone(raw: Path, made: Path) -> None:
    final = made / "final"
    child = held_by_a_child(final / "model")
    (final / ".model.0123abcd.part").mkdir()  # what that process is writing
    (final / "events").mkdir()
    before = tree(final)
    try:
        with pytest.raises(HhrecError, match="final/model: another hhrec writes there"):
            claim(raw, made, OUTPUTS, force=True)
        with pytest.raises(HhrecError, match="final/model: another hhrec writes there"):
            clear_final(made, OUTPUTS)
        after = tree(final)
        assert {name: after[name] for name in before} == before
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    claim(raw, made, OUTPUTS, force=False)
    assert not (final / ".model.0123abcd.part").exists()
    clear_final(made, OUTPUTS)
    assert not final.exists()


def test_nothing_is_made_in_final_by_a_run_without_one(raw: Path, made: Path) -> None:
    claim(raw, made, OUTPUTS, force=False)
    assert not (made / "final").exists()
    (made / "final").mkdir()
    (made / "final" / "diary.txt").write_text("mine")
    claim(raw, made, OUTPUTS, force=False)
    clear_final(made, OUTPUTS)
    assert [path.name for path in (made / "final").iterdir()] == ["diary.txt"]


def test_artifacts_of_unknown_inputs_are_refused(raw: Path, made: Path) -> None:
    (made / "inputs.json").unlink()
    with pytest.raises(HhrecError, match="made from unknown input files"):
        claim(raw, made, OUTPUTS, force=False)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("text", ["{", "[]", '{"image": "a.png"}'])
def test_inputs_json_of_somebody_else_is_refused_before_anything_is_written(
    raw: Path, tmp_path: Path, text: str, *, force: bool
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "inputs.json").write_text(text)
    before = tree(work)
    with pytest.raises(HhrecError, match=r"inputs\.json: nothing says that `hhrec run` wrote"):
        claim(raw, work, OUTPUTS, force=force)
    assert tree(work) == before


@pytest.mark.parametrize("kind", ["directory", "link"])
def test_inputs_json_that_is_no_file_is_refused_and_stays(raw: Path, made: Path, kind: str) -> None:
    if kind == "link":
        (made / "inputs.json").rename(made / "elsewhere.json")
        (made / "inputs.json").symlink_to("elsewhere.json")
    else:
        (made / "inputs.json").unlink()
        (made / "inputs.json").mkdir()
        (made / "inputs.json" / "diary.txt").write_text("mine")
    before = tree(made)
    with pytest.raises(HhrecError, match=kind):
        claim(raw, made, OUTPUTS, force=True)
    assert tree(made) == before


@pytest.mark.parametrize("name", ["", "train.parquet", "test.parquet", "vacancies.parquet"])
def test_a_missing_input_is_named(raw: Path, name: str) -> None:
    if name:
        (raw / name).unlink()
    else:
        shutil.rmtree(raw)
    with pytest.raises(MissingInputError, match=f"{raw / name}: not found"):
        check_inputs(raw)


def test_a_missing_sample_names_the_command_that_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MissingInputError) as error:
        check_inputs(Path("artifacts/sample"))
    assert error.value.hint == "type `hhrec data sample --out artifacts/sample`"
