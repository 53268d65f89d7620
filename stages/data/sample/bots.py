"""Bots: a few accounts that walk through the whole board."""

import numpy as np

from stages.data.sample import dials, facts
from stages.data.sample.deeds import FAVOURITE, RESPONSE, VIEW, Deeds
from stages.data.sample.draw import Ints, pick, spread, stream
from stages.data.sample.journal import Journal, log
from stages.data.sample.shelves import ANYWHERE, Queries, Shelves, draw_from
from stages.data.sample.sittings import TRAIN, Sittings, clock, days


def bot_sizes(sessions: int) -> tuple[Ints, Ints]:
    """Return events and sessions of each bot in a log of this many sessions; small logs have none.

    Events scale with the log, so that the full size has the three largest accounts of the real one.
    """
    scale = sessions / facts.FULL_SESSIONS
    events = np.round(np.array(facts.BOT_EVENTS) * scale).astype(np.int64)
    visits = np.ceil(np.array(facts.BOT_SESSIONS) * np.sqrt(scale)).astype(np.int64)
    real = events >= dials.BOT_LEAST
    return events[real], visits[real]


def run_bots(seed: int, shelves: Shelves, events: Ints, visits: Ints) -> Journal:
    """Write the journal of the bots: exactly `events` events in `visits` sessions each."""
    rng = stream(seed, "bots")
    person, place = spread(visits)
    looks = (events // visits)[person] + (place < (events % visits)[person])
    day = pick(rng, days(0, facts.TRAIN_DAYS), len(person))
    start = day * facts.DAY_SECONDS + clock(rng, len(person))
    start = start[np.lexsort((start, person))]
    sittings = Sittings(
        person=person,
        kind=np.full(len(person), TRAIN),
        start=start,
        looks=looks,
        applying=np.zeros(len(person), dtype=bool),
    )
    session, _ = spread(looks)
    nowhere = np.zeros(len(session), dtype=np.int64)
    queries = Queries(
        day=sittings.day[session],
        region=nowhere,
        profession=nowhere,
        breadth=nowhere + ANYWHERE,
        appetite=np.zeros(len(session)),
    )
    vacancy = draw_from(rng, shelves, queries)
    action = np.array([VIEW, RESPONSE, FAVOURITE])[
        pick(rng, np.array(dials.BOT_ACTS), len(session))
    ]
    return log(rng, sittings, Deeds(session, vacancy, action, rng.random(len(session))))
