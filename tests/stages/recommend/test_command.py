"""What `hhrec recommend` and `hhrec similar` print, without a command line."""

from pathlib import Path

import polars as pl
import pytest

from stages.recommend import command
from stages.recommend.answers import Rules
from stages.recommend.command import Listed, Place
from tests.worlds.served import Served, view


def test_rules_as_they_are_typed(tmp_path: Path) -> None:
    (tmp_path / "ids").write_text("a\nb\n", encoding="utf-8")
    rules = command.rules_of(None, tmp_path / "ids", ["pay>=1"], ["company.id=2"])
    assert rules.allow is None
    assert list(rules.deny) == ["a", "b"]
    assert rules.where == ("pay>=1",)
    assert rules.max_per == {"company.id": 2}


def test_from_a_bundle(small_artifacts: Path, tmp_path: Path) -> None:
    world = Served(small_artifacts, tmp_path)
    world.write()
    (tmp_path / "e.jsonl").write_text("", encoding="utf-8")
    none = command.rules_of(None, None, (), ())
    (one,) = command.recommended(world.path, events=tmp_path / "e.jsonl", k=2, rules=none)
    assert isinstance(one, Listed)
    assert all(isinstance(place, Place) for place in one.vacancies)
    near = command.similar(world.path, one.vacancies[0].vacancy_id, k=3, rules=none)
    assert len(near.vacancies) == 3
    scores = [place.score for place in near.vacancies]
    assert scores == pytest.approx(sorted(scores, reverse=True))  # type: ignore[type-var]


def test_an_object_a_person_also_where_nothing_is_left(
    small_artifacts: Path, tmp_path: Path
) -> None:
    hide = {"response": "hide", "view": "keep", "favourite": "keep"}
    world = Served(small_artifacts, tmp_path, seen=hide)
    world.write()
    only = pl.read_parquet(world.paths["vocab"])["vacancy_id"].max()
    done, new = view(only, action="response", user_id="done"), view("other", user_id="new")
    pl.DataFrame([done, new]).write_parquet(tmp_path / "e.parquet")
    found = command.recommended(
        world.path, events=tmp_path / "e.parquet", k=2, rules=Rules(allow=[only]), explain=True
    )
    assert [one.name for one in found] == ["done", "new"]
    assert [len(one.vacancies) for one in found] == [0, 1]
