"""`hhrec plan`: estimates of every stage, without an artifact."""

from pathlib import Path

from tests.helpers.command import Type


def test_every_stage_is_estimated_and_nothing_is_written(project: Path, hhrec: Type) -> None:
    before = sorted(project.rglob("*"))
    found = hhrec("plan", "--executor-gb", "4", "--json")
    assert found.code == 0, found.said()
    plan = found.json()
    names = [one["stage"] for one in plan["stages"]]
    assert names[:5] == ["explode", "filter", "vocab", "features", "sequences"]
    assert all(one["disk"] >= 0 and one["seconds"] > 0 for one in plan["stages"])
    assert sorted(project.rglob("*")) == before


def test_raw_files_that_are_not_there_are_named(project: Path, hhrec: Type) -> None:
    found = hhrec("plan", "--raw", project / "nowhere")
    assert found.code == 3
    assert "nowhere" in found.said()
