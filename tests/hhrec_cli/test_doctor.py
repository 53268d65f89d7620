"""`hhrec doctor`: all that it looks at, and its exit code."""

from pathlib import Path

from tests.helpers.command import Type


def test_it_looks_at_everything_and_changes_nothing(project: Path, hhrec: Type) -> None:
    before = sorted(project.rglob("*"))
    found = hhrec("doctor", "--json")
    names = {one["name"] for one in found.json()}
    assert {"python", "packages", "parameters", "disk", "memory", "threads"} <= names
    assert {"devices", "raw files", "artifacts", "dvc.yaml"} <= names
    wrong = [one for one in found.json() if one["state"] == "wrong"]
    assert (found.code, bool(wrong)) in {(0, False), (1, True)}
    assert sorted(project.rglob("*")) == before


def test_what_is_wrong_is_shown_with_what_to_do(project: Path, hhrec: Type) -> None:
    (project / "params.yaml").write_text("train: {lr: fast}")
    found = hhrec("doctor")
    assert found.code == 1
    assert "train.lr" in found.out
