"""What `hhrec recommend` and `hhrec similar` print, without a command line."""

from pathlib import Path

import pytest

from stages.recommend import command
from stages.recommend.command import Listed, Place
from tests.worlds.served import Served


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
