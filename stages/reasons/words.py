"""Reasons in English."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from stages.core.actions import FAVOURITE, RESPONSE, VIEW
from stages.reasons.events import Demanded, Touch

WEEK = 7  # days for which a weekday is enough
FIELDS = {
    "company.id": "employer",
    "area.id": "town",
    "area.regionId": "region",
    "workSchedule": "schedule",
    "workExperience": "experience",
}
LISTS = {
    "popular": "of the most popular vacancies",
    "trending": "of what is trending",
    "item_knn": "of what people with a like history went on to",
    "als": "of what people like you respond to",
}
FIRST = 10  # a list's rank worth a word


def day(time: datetime | None, asked_at: datetime | None) -> str:
    """`on Monday` of an event of the last week, else `on 5 November`; nothing of one without a time."""
    if time is None:
        return ""
    if asked_at is not None and (asked_at.date() - time.date()).days == 0:
        return "on the same day"
    if asked_at is not None and 0 < (asked_at.date() - time.date()).days < WEEK:
        return f"on {time:%A}"
    return f"on {time.day} {time:%B}"


def times(count: int) -> str:
    """`once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def when(events: Sequence[Touch], asked_at: datetime | None) -> str:
    """Say the day of events, at least one, oldest first, behind their number: of several the last."""
    last = day(events[-1].time, asked_at)
    if not last:
        return ""
    days = {touch.time and touch.time.date() for touch in events}
    return f", last {last}" if len(days) > 1 else f" {last}"


def touched(own: Sequence[Touch], asked_at: datetime | None) -> str:
    """Say what the person did with the vacancy itself: at least one event, oldest first."""
    kinds = {VIEW: "viewed it", FAVOURITE: "marked it as favourite", RESPONSE: "responded to it"}
    said = []
    for action, verb in kinds.items():
        events = [touch for touch in own if touch.action == action]
        if events:
            often = "" if action != VIEW and len(events) == 1 else times(len(events))
            said.append(" ".join(filter(None, [verb, often])) + when(events, asked_at))
    if not said:
        return "you have met it before"
    if not any(touch.action == RESPONSE for touch in own):
        said.append("have not responded")
    return f"you {joined(said)}"


def followed(name: str) -> str:
    """Say that a vacancy of the history is followed by this one."""
    return f"people who looked at {name} went on to it"


def same(fields: Sequence[str], name: str) -> str:
    """Say what it has in common with a vacancy of the history."""
    return f"same {joined([FIELDS[field] for field in fields])} as {name}"


def demand(found: Demanded, *, own: bool = False, described: bool = True) -> str:
    """Say how much it was in demand of late.

    Args:
        found: How often it was met.
        own: Whether the person has met it.
        described: Whether what ranks it reads its description.
    """
    if not found.ever and own:
        return "nobody else had met it yet"
    if not found.ever:
        return "nobody had met it yet" + ": its description alone speaks for it" * described
    for days, count in zip(found.days, found.counts, strict=True):
        if count:
            window = "the last day" if days == 1 else f"the last {days} days"
            return f"it was met {times(count)} in {window} that are known"
    return f"it was met {times(found.ever)}, but not of late"


def listed(ranks: Mapping[str, int]) -> list[str]:
    """Say in which plain lists it stands high."""
    return [
        f"number {rank} {LISTS[name]}"
        for name, rank in ranks.items()
        if rank <= FIRST and name in LISTS
    ]


def joined(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
