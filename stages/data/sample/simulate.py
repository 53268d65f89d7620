"""The simulation: people in chunks, each chunk from its own random stream."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from stages.data.sample import dials, facts
from stages.data.sample.bots import bot_sizes, run_bots
from stages.data.sample.browsing import browse
from stages.data.sample.deeds import act
from stages.data.sample.draw import Floats, Ints, share, stream
from stages.data.sample.holdout import choose, nominate
from stages.data.sample.journal import Journal, bind, log
from stages.data.sample.people import draw_demand, draw_people
from stages.data.sample.shelves import Shelves
from stages.data.sample.sittings import TRAIN, counts, draw_sittings


@dataclass(frozen=True)
class World:
    """Everything that happened; users are numbered from 0, `label` goes with the rows of `test`."""

    train: Journal
    test: Journal
    label: Ints
    users: int


@dataclass(frozen=True)
class Quota:
    """How much of everything one chunk makes; over all chunks the exact totals."""

    people: int
    sessions: int
    known: int
    new: int


def test_rows(sessions: int) -> int:
    """Return the number of test rows that goes with this many train sessions."""
    least = min(dials.LEAST_TEST, sessions // 10)
    return max(round(facts.FULL_TEST / facts.FULL_SESSIONS * sessions), least)


def chunk_count(sessions: int) -> int:
    """Return the number of chunks in which the people of this many sessions are simulated."""
    return max(1, round(sessions / facts.SESSIONS_PER_USER / dials.CHUNK_PEOPLE))


def simulate(seed: int, shelves: Shelves, sessions: int, tick: Callable[[int], None]) -> World:
    """Simulate `sessions` train sessions, and test rows in proportion; `tick` hears of each chunk."""
    events, visits = bot_sizes(sessions)
    rest = sessions - int(visits.sum())
    people = max(1, round(rest / facts.SESSIONS_PER_USER))
    known = min(people, round(test_rows(sessions) * facts.KNOWN_TEST_SHARE))
    totals = (people, rest, known, test_rows(sessions) - known)
    chunks = chunk_count(sessions)
    trains, tests, labels = [run_bots(seed, shelves, events, visits)], [], []
    users = len(events)
    demand = draw_demand(seed, shelves.catalogue.trades)
    for chunk in range(chunks):
        quota = Quota(*(share(total, chunk, chunks) for total in totals))
        train, test, label = _chunk(seed, shelves, demand, chunk, quota)
        trains.append(replace(train, user=train.user + users))
        tests.append(replace(test, user=test.user + users))
        labels.append(label)
        users += quota.people + quota.new
        tick(chunk + 1)
    return World(bind(trains), bind(tests), np.concatenate(labels), users)


def _chunk(
    seed: int, shelves: Shelves, demand: Floats, chunk: int, quota: Quota
) -> tuple[Journal, Journal, Ints]:
    """Simulate one chunk; users are numbered within it: train people, then chosen newcomers."""
    rng = stream(seed, "people", chunk)
    newcomers = quota.new * dials.CANDIDATES
    people = draw_people(rng, shelves.catalogue.trades, demand, quota.people + newcomers)
    train = np.r_[counts(rng, quota.people, quota.sessions), np.zeros(newcomers, dtype=np.int64)]
    candidate = nominate(rng, train, quota.known, quota.new)
    sittings = draw_sittings(rng, people, train, candidate)
    looks = browse(rng, shelves, people, sittings)
    deeds = act(rng, shelves.catalogue, sittings, looks)
    holdout = choose(rng, sittings, deeds, train, (quota.known, quota.new))
    journal = log(rng, sittings, deeds)
    test = _renumber(journal.rows(holdout.session), quota.people)
    return journal.rows(np.flatnonzero(sittings.kind == TRAIN)), test, holdout.label


def _renumber(test: Journal, people: int) -> Journal:
    """Close the gaps that unchosen newcomers leave in the numbering."""
    user = test.user.copy()
    new = user >= people
    user[new] = people + np.arange(int(new.sum()))
    return replace(test, user=user)
