"""`hhrec daily` as it is typed; what it does is tested in tests/stages/pipeline/test_daily.py."""

import shutil
from pathlib import Path

import pytest

from tests.helpers.command import Type


def test_a_day_from_a_finished_project(project: Path, hhrec: Type) -> None:
    shown = hhrec("daily", "--from", "artifacts", "--artifacts", "tuesday")
    assert shown.code == 0, shown.err
    assert "recommendations: tuesday/predictions.parquet" in shown.said()
    assert "taken over" not in shown.out
    assert (project / "tuesday/model/config.json").is_file()
    states = hhrec("status", "tuesday", "--json", "--set", "split.kind=none").json()
    wanted = ("events", "filtered", "vocab.parquet", "features", "sequences", "predictions.parquet")
    assert {states[name]["state"] for name in wanted} == {"fresh"}


def test_an_older_final_fit_is_removed_and_that_is_said(project: Path, hhrec: Type) -> None:
    shutil.copytree(project / "artifacts", project / "tuesday")
    shutil.copytree(project / "artifacts/model", project / "tuesday/final/model")
    shown = hhrec("daily", "--from", "artifacts", "--artifacts", "tuesday")
    assert shown.code == 0, shown.err
    assert "tuesday/final: a final fit of an older model, removed" in shown.said()
    assert not (project / "tuesday/final").exists()


@pytest.mark.usefixtures("project")
def test_its_steps_as_one_object(hhrec: Type) -> None:
    found = hhrec("daily", "--from", "artifacts", "--artifacts", "new", "--json").json()
    assert list(found) == [
        "explode", "filter", "vocab", "features", "sequences", "model", "predict test",
        "bundle",
    ]  # fmt: skip
    assert found["explode"]["split"] == "none"
