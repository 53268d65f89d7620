"""Reasons in English."""

from datetime import datetime

import pytest

from stages.reasons import words
from stages.reasons.events import Demanded, Touch

ASKED = datetime.fromisoformat("2023-11-15T12:00")  # a Wednesday


def touch(action: int, when: str | None) -> Touch:
    return Touch(7, action, None if when is None else datetime.fromisoformat(f"2023-11-{when}"))


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (
            [touch(2, "13T09:00"), touch(2, "13T10:00")],
            "you viewed it twice on Monday and have not responded",
        ),
        ([touch(2, "05T09:00"), touch(1, "14T10:00")], "you viewed it once on 5 November and responded to it on Tuesday"),
        (
            [touch(2, "15T09:00"), touch(3, "15T09:01"), touch(2, "15T09:02"), touch(2, "15T09:03")],
            "you viewed it 3 times on the same day, marked it as favourite on the same day and have not responded",
        ),
        ([touch(1, "08T09:00"), touch(1, "10T10:00")], "you responded to it twice, last on Friday"),
        (
            [touch(2, "09T09:00"), touch(2, "15T09:00"), touch(2, "15T10:00")],
            "you viewed it 3 times, last on the same day and have not responded",
        ),
        ([touch(2, "09T09:00"), touch(2, None)], "you viewed it twice and have not responded"),
        ([touch(1, "08T09:00")], "you responded to it on 8 November"),
        ([touch(0, "08T09:00")], "you have met it before"),
        ([touch(2, None)], "you viewed it once and have not responded"),
    ],
)  # fmt: skip
def test_what_the_person_did(own, expected):
    assert words.touched(own, ASKED) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Demanded((1, 4, 16), (3, 5, 9), 20), "it was met 3 times in the last day that are known"),
        (Demanded((1, 4, 16), (0, 2, 9), 20), "it was met twice in the last 4 days that are known"),
        (Demanded((1, 4, 16), (0, 0, 0), 1), "it was met once, but not of late"),
        (Demanded((1, 4, 16), (0, 0, 0), 0), "nobody had met it yet: its description alone speaks for it"),
    ],
)  # fmt: skip
def test_demand(found, expected):
    assert words.demand(found) == expected


def test_a_description_speaks_alone_only_where_nothing_else_does():
    unmet = Demanded((1,), (0,), 0)
    assert words.demand(unmet, own=True) == "nobody else had met it yet"
    assert words.demand(unmet, described=False) == "nobody had met it yet"
    assert words.demand(Demanded((1,), (2,), 2), own=True, described=False).startswith("it was met")


def test_the_rest():
    assert (
        words.same(["area.regionId", "company.id"], "“Cook”")
        == "same region and employer as “Cook”"
    )
    assert words.followed("v1") == "people who looked at v1 went on to it"
    assert words.listed({"popular": 2, "als": 80}) == ["number 2 of the most popular vacancies"]
