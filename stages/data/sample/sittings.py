"""Sittings: which sessions each person has, when, and how much is looked at in each."""

from dataclasses import dataclass

import numpy as np

from stages.data.sample import dials, facts
from stages.data.sample.draw import Floats, Ints, Mask, pick, spread
from stages.data.sample.people import People

TRAIN, TEST, NEXT = range(3)


@dataclass(frozen=True)
class Sittings:
    """Arrays over the sessions of a chunk, by person and then by time.

    `start` is in seconds after the log's first midnight, `kind` TRAIN, TEST or NEXT (the one that
    holds the label), `looks` the number of vacancies looked at anew, `applying` the session's mood.
    """

    person: Ints
    kind: Ints
    start: Ints
    looks: Ints
    applying: Mask

    @property
    def day(self) -> Ints:
        """Return the day of each session, 0 the log's first."""
        return np.minimum(self.start // facts.DAY_SECONDS, facts.HORIZON_DAYS - 1)


def counts(rng: np.random.Generator, people: int, total: int) -> Ints:
    """Draw sessions a person, at least 1 and at most MAX_USER_SESSIONS, `total` together."""
    drawn = np.ceil(rng.lognormal(dials.SESSIONS_MEDIAN, dials.SESSIONS_SPREAD, people))
    found = np.minimum(drawn, facts.MAX_USER_SESSIONS).astype(np.int64)
    while (lack := total - int(found.sum())) != 0:
        lots = rng.integers(0, people, abs(lack))
        if lack > 0:
            np.add.at(found, lots, 1)
        else:
            lots = np.unique(lots)
            found[lots] -= found[lots] > 1
    return found


def draw_sittings(
    rng: np.random.Generator, people: People, train: Ints, candidate: Mask
) -> Sittings:
    """Draw `train` sessions a person and, for candidates, one in the test week and the next."""
    person, place = spread(train + 2 * candidate)
    kind = np.clip(place - train[person], -1, 1) + 1
    moment = _moments(rng, kind)
    order = np.lexsort((moment, kind, person))
    moment = _apart(moment[order], person)
    habit = dials.LOOKS_HABIT * np.log(np.maximum(train, 1))
    mean = people.breadth[person] + habit[person] + dials.LOOKS_TEST * (kind == TEST)
    looks = np.maximum(1.0, np.rint(rng.lognormal(mean, dials.LOOKS_SESSION)))
    return Sittings(
        person=person,
        kind=kind,
        start=moment,
        looks=np.minimum(looks, dials.MOST_LOOKS).astype(np.int64),
        applying=rng.random(len(person)) < people.eager[person],
    )


def days(first: int, count: int) -> Floats:
    """Return the relative weights of `count` days from day `first`: weekends are quiet."""
    weekday = (np.arange(first, first + count) + facts.FIRST_WEEKDAY) % 7
    return np.where(weekday >= dials.SATURDAY, facts.WEEKEND, 1.0)


def clock(rng: np.random.Generator, size: int) -> Ints:
    """Draw seconds after midnight: one wave before noon, one in the evening."""
    evening = rng.random(size) < dials.EVENING
    hour = np.where(evening, rng.normal(19.5, 2.2, size), rng.normal(11.5, 2.6, size))
    seconds: Ints = np.floor(np.mod(hour, 23.5) * 3600).astype(np.int64)
    return seconds


def _moments(rng: np.random.Generator, kind: Ints) -> Ints:
    """Draw the start of each session; a NEXT one follows its TEST one."""
    size = len(kind)
    early = pick(rng, days(0, facts.TRAIN_DAYS), size)
    late = facts.TRAIN_DAYS + pick(rng, days(facts.TRAIN_DAYS, facts.TEST_DAYS), size)
    day = np.where(kind == TRAIN, early, late)
    moment = day * facts.DAY_SECONDS + clock(rng, size)
    wait = 3_600 + rng.exponential(dials.RETURN_DAYS * facts.DAY_SECONDS, size)
    follows = np.flatnonzero(kind == NEXT)
    moment[follows] = moment[follows - 1] + wait[follows].astype(np.int64)
    return np.minimum(moment, facts.HORIZON_DAYS * facts.DAY_SECONDS - 3_600)


def _apart(moment: Ints, person: Ints) -> Ints:
    """Push a person's sessions at least a minute apart."""
    lag = np.arange(len(person)) * 60
    lane = person * (10 * facts.HORIZON_DAYS * facts.DAY_SECONDS)
    apart: Ints = np.maximum.accumulate(moment - lag + lane) + lag - lane
    return apart
