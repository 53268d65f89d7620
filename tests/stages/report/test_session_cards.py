"""Which sessions are chosen, and how they read."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from stages.report import formatting, session_cards, session_sample
from stages.report.markup import glue
from stages.report.session_sample import SessionSample, choose
from tests.worlds import scored_world

NBSP = "\u202f"


def chosen_of(root: Path, count: int, seed: int = 1) -> SessionSample:
    world = scored_world.build(root)
    return choose(
        world.sequences,
        world.vocab,
        part="test",
        labels=world.labels,
        predictions=world.predictions,
        count=count,
        seed=seed,
    )


def test_kinds_are_those_by_hand(tmp_path: Path) -> None:
    rows = chosen_of(tmp_path, 1000).rows
    assert len(rows) == scored_world.ROWS
    for row in rows:
        known = "repeat" if row["label"] in row["vacancies"] else "new"
        place = (
            row["predictions"].index(row["label"]) + 1 if row["label"] in row["predictions"] else 0
        )
        assert row["rank"] == place
        assert row["kind"] == f"{known}-{'found' if place else 'missed'}"


def test_each_kind_is_drawn_alike_and_by_the_seed(tmp_path: Path) -> None:
    choice = chosen_of(tmp_path, 12)
    kinds = Counter(row["kind"] for row in choice.rows)
    assert kinds == dict.fromkeys(session_sample.KINDS, 3)
    assert sum(choice.sizes.values()) == scored_world.ROWS
    assert [row["kind"] for row in choice.rows] == sorted(
        kinds.elements(), key=list(session_sample.KINDS).index
    )
    keys = [row["user_id"] for row in choice.rows]
    assert keys == [row["user_id"] for row in chosen_of(tmp_path, 12).rows]
    assert keys != [row["user_id"] for row in chosen_of(tmp_path, 12, seed=2).rows]
    assert chosen_of(tmp_path, 0).rows == []


def test_a_scarce_kind_leaves_its_places_to_the_others(tmp_path: Path) -> None:
    choice = chosen_of(tmp_path, scored_world.ROWS - 1)
    missing = Counter(choice.sizes) - Counter(row["kind"] for row in choice.rows)
    assert missing.total() == 1
    assert choice.sizes[next(iter(missing))] == max(choice.sizes.values())


def test_a_session_reads_like_a_story(world: Path) -> None:
    choice = choose(
        world / "sequences",
        world / "vocab.parquet",
        part="test",
        labels=world / "raw" / "labels.parquet",
        predictions=world / "predictions.parquet",
        count=9,
        seed=1,
    )
    cards = session_sample.cards(
        world / "raw" / "vacancies.parquet", set(session_sample.wanted(choice))
    )
    only = choice._replace(rows=[row for row in choice.rows if row["session_id"] == "anna-4"])
    shown = str(glue(session_cards.sample(only, cards)))
    assert 'data-kind="new-found"' in shown
    assert "found at 2" in shown
    story = shown[shown.index("Did, newest first") : shown.index("Recommended")]
    assert story.index('"response">response') < story.index("7 Nov 09:00, 30 min before")
    assert "Повар №2" in story
    advice = shown[shown.index("Recommended") :]
    assert '<li value="2" class="true">' in advice
    assert advice.index("before: view") < advice.index("responded to next")
    assert "&lt;script&gt;" in advice
    assert "<script" not in shown
    assert "<img" not in shown


def test_who_got_nothing_is_told_so() -> None:
    row = {
        "user_id": "u", "session_id": "s", "asked_at": None, "rank": 0, "kind": "new-missed",
        "label": "gone", "predictions": [],
        "times": [], "actions": [], "vacancies": [], "sessions": [],
    }  # fmt: skip
    shown = str(glue(session_cards.sample(SessionSample("test", [row], {"new-missed": 1}), {})))
    for words in (
        "at no known time",
        "Nothing is known",
        "nothing was recommended:",
        "<b>gone</b>",
    ):
        assert words in shown


def test_a_true_vacancy_far_down_is_shown_at_its_rank(tmp_path: Path) -> None:
    choice = chosen_of(tmp_path, 1)
    row: dict[str, Any] = choice.rows[0] | {"rank": 11, "kind": "repeat-found"}
    row["predictions"] = [*(f"x{n}" for n in range(10)), row["label"], "x99"]
    shown = str(glue(session_cards.sample(choice._replace(rows=[row]), {})))
    assert '<li value="11" class="true">' in shown
    assert "x99" not in shown


def test_of_two_catalogue_rows_one_is_taken_whatever_their_order(
    world: Path, tmp_path: Path
) -> None:
    rows = pl.read_parquet(world / "raw" / "vacancies.parquet")
    twice = pl.concat([rows, rows.with_columns(name=pl.lit("Ямщик"))])
    found = []
    for reverse in (False, True):
        (twice.reverse() if reverse else twice).write_parquet(tmp_path / "v.parquet")
        found.append(session_sample.cards(tmp_path / "v.parquet", {"cook-1"}))
    assert found[0] == found[1]
    assert list(found[0]) == ["cook-1"]


@pytest.mark.parametrize(
    ("low", "high", "currency", "said"),
    [
        (40_000, 60_000, "RUR", f"40{NBSP}000 to 60{NBSP}000 ₽"),
        (40_000, None, None, f"from 40{NBSP}000 ₽"),
        (None, 900, "USD", "up to 900 $"),
        (1, None, "UZS", "from 1 UZS"),
        (None, None, "RUR", "no salary given"),
    ],
)
def test_salaries(low: int | None, high: int | None, currency: str | None, said: str) -> None:
    assert formatting.salary(low, high, currency) == said


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        (timedelta(seconds=30), "0 min before"),
        (timedelta(hours=2, minutes=59), "2 h before"),
        (timedelta(days=3), "3 d before"),
    ],
)
def test_times(gap: timedelta, said: str) -> None:
    assert formatting.ago(gap) == said


def test_numbers() -> None:
    assert formatting.number(1234567) == "1,234,567"
    assert formatting.number(-0.5) == "−0.5000"
    assert formatting.number(None) == "–"
    assert formatting.percent(0.1234) == "12.3\u00a0%"
