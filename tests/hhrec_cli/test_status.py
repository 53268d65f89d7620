"""`hhrec status` of a finished project, and after a parameter changed."""

from pathlib import Path

from tests.helpers.command import Type


def test_a_finished_project_is_fresh(project: Path, hhrec: Type) -> None:
    del project
    found = hhrec("status", "--json")
    assert found.code == 0
    states = {name: one["state"] for name, one in found.json().items()}
    assert states.pop("sample") == states.pop("trials.json") == "absent"
    assert {states.pop(name) for name in ("checkpoints",)} == {"present"}
    states.pop("live")
    assert set(states.values()) == {"fresh"}, states


def test_what_is_stale_is_named_with_the_command(project: Path, hhrec: Type) -> None:
    del project
    assert hhrec("filter", "--set", "filter.min_item_events=2", "--quiet").code == 0
    found = hhrec("status")
    lines = {line.split()[0]: line for line in found.out.splitlines()}
    assert "stale" in lines["filtered"]
    assert "filter.min_item_events was 2" in lines["filtered"]
    assert "hhrec train" in lines["model"]
    assert "stale" in lines["model"]
    assert "fresh" in lines["events"]
