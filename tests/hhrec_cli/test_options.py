"""`--artifacts`: one option instead of a path for each artifact."""

from pathlib import Path

import pytest
import typer

from hhrec_cli._options import chosen
from hhrec_cli._reference import leaves
from hhrec_cli.main import app
from stages.core.artifact_paths import ARTIFACTS
from tests.helpers.command import Type
from tests.helpers.trees import tree

COMMANDS = dict(leaves(typer.main.get_command(app), "hhrec"))
OF_RAW_FILES = {"hhrec data sample"}


@pytest.mark.parametrize("path", sorted(set(COMMANDS) - OF_RAW_FILES))
def test_whatever_has_a_path_below_artifacts_has_the_option(path: str) -> None:
    params = COMMANDS[path].params
    below = [one for one in params if str(one.default).split("/")[0] == str(ARTIFACTS)]
    assert not below or any("--artifacts" in one.opts for one in params)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_can_write_its_log_as_json(path: str) -> None:
    assert any("--log-format" in one.opts for one in COMMANDS[path].params)


def test_stages_work_in_another_directory(project: Path, hhrec: Type) -> None:
    before = tree(project / "artifacts")
    lines = ("explode", "filter", "vocab build", "features build", "sequences build", "train")
    for line in (*lines, "predict", "predict --part validation", "evaluate", "report", "bundle"):
        done = hhrec(*line.split(), "--artifacts", "other", "--quiet")
        assert done.code == 0, done.err
    assert tree(project / "artifacts") == before
    names = {path.name for path in (project / "artifacts").iterdir()} - {"inputs.json"}
    assert {path.name for path in (project / "other").iterdir()} == names
    states = {
        one["state"] for one in hhrec("status", "--artifacts", "other", "--json").json().values()
    }
    assert states <= {"fresh", "present", "absent"}
    shown = hhrec("vocab", "show", "--artifacts", "other", "--json").json()
    assert shown["validation_labels"]


def test_a_path_that_is_named_stands_above_it(project: Path, hhrec: Type) -> None:
    words = ("filter", "--artifacts", "nowhere", "--events", "artifacts/events", "--out", "here")
    assert hhrec(*words, "--quiet").code == 0
    assert (project / "here").is_dir()
    assert not (project / "nowhere").exists()
    same = hhrec("filter", "--artifacts", "nowhere", "--events", "artifacts/events", "--json")
    assert same.code == 0  # a default that is named is named
    assert (project / "nowhere" / "filtered").is_dir()


def test_a_file_is_chosen_where_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert chosen(None) is None
    assert chosen(Path("other.yaml")) == Path("other.yaml")
    Path("params.yaml").write_text("seed: 1\n")
    assert chosen(None) == Path("params.yaml")
