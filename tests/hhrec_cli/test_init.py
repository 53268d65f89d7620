"""`hhrec init`, and commands in a directory where nothing is."""

from pathlib import Path

import pytest

from tests.helpers.command import Type


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory, to stand in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_project_begins_with_three_files(empty: Path, hhrec: Type) -> None:
    made = hhrec("init", "--raw", "log", "--json").json()
    assert made == {"written": ["params.yaml", "dvc.yaml", ".gitignore"], "kept": []}
    assert hhrec("params", "--json").json()["raw"]["value"] == "log"
    assert {row["state"] for row in hhrec("doctor", "--json").json() if "dvc" in row["name"]} == {
        "ok"
    }
    again = hhrec("init")
    assert again.code == 1
    assert "nothing is overwritten" in again.said()
    assert sorted(path.name for path in empty.iterdir()) == [
        ".gitignore", ".hhrec", "dvc.yaml", "params.yaml",
    ]  # fmt: skip


def test_commands_need_no_parameter_file(hhrec: Type) -> None:
    assert hhrec("params", "--set", "seed=7", "--json").json()["seed"]["value"] == 7
    assert hhrec("explode").code == 3  # for its input
    named = hhrec("explode", "--params", "params.yaml")
    assert named.code == 3
    assert "parameter file not found" in named.said()
    assert "--set: 1 bad parameter" in hhrec("explode", "--set", "seed=x").said()
