"""The journal: events with their times, session by session, as the board would have logged them."""

from dataclasses import dataclass

import numpy as np

from stages.data.sample import dials, facts
from stages.data.sample.deeds import Deeds
from stages.data.sample.draw import Floats, Ints, Mask, spread
from stages.data.sample.sittings import TRAIN, Sittings


@dataclass(frozen=True)
class Journal:
    """Sessions as ragged rows: `user` and `length` (sessions,), the rest (events,) end to end.

    `moment` is in whole seconds after the log's first midnight; within a session the events are
    in no order.
    """

    user: Ints
    length: Ints
    vacancy: Ints
    action: Ints
    moment: Ints

    def rows(self, which: Ints) -> "Journal":
        """Return the given sessions, in the given order."""
        starts = np.cumsum(self.length) - self.length
        owner, place = spread(self.length[which])
        event = starts[which][owner] + place
        return Journal(
            user=self.user[which],
            length=self.length[which],
            vacancy=self.vacancy[event],
            action=self.action[event],
            moment=self.moment[event],
        )


def log(rng: np.random.Generator, sittings: Sittings, deeds: Deeds) -> Journal:
    """Give every event its second: gaps of about a minute, some of none, sessions never overlap.

    A session ends before the person's next one begins, and a train session within the train days.
    """
    order = np.lexsort((deeds.key, deeds.session))
    session = deeds.session[order]
    length = np.bincount(session, minlength=len(sittings.person))
    offset = _offsets(rng, session, length)
    longest = np.zeros(len(length))
    np.maximum.at(longest, session, offset)
    squeeze = np.minimum(1.0, _room(sittings) / np.maximum(longest, 1.0))
    moment = sittings.start[session] + np.floor(offset * squeeze[session]).astype(np.int64)
    jumbled = np.lexsort((rng.random(len(session)), session))
    return Journal(
        user=sittings.person,
        length=length,
        vacancy=deeds.vacancy[order][jumbled],
        action=deeds.action[order][jumbled],
        moment=moment[jumbled],
    )


def _offsets(rng: np.random.Generator, session: Ints, length: Ints) -> Floats:
    """Draw seconds since the session's first event, ascending within each session."""
    gap = rng.exponential(dials.GAP_SECONDS, len(session))
    gap[rng.random(len(session)) < dials.TIED] = 0.0
    elapsed = np.cumsum(gap)
    first = np.cumsum(length) - length
    since: Floats = elapsed - elapsed[np.minimum(first, len(session) - 1)][session]
    return since


def _room(sittings: Sittings) -> Floats:
    """Return the seconds that each session has before the next one or the end of its period."""
    last_day = np.where(sittings.kind == TRAIN, facts.TRAIN_DAYS, facts.HORIZON_DAYS)
    until = last_day * facts.DAY_SECONDS
    follows: Mask = np.r_[sittings.person[1:] == sittings.person[:-1], False]
    until = np.where(follows, np.minimum(np.r_[sittings.start[1:], 0], until), until)
    return np.maximum(until - sittings.start - 1, 0).astype(np.float64)


def bind(parts: list[Journal]) -> Journal:
    """Lay journals end to end, in types small enough for a full log."""
    return Journal(
        user=np.concatenate([part.user for part in parts]),
        length=np.concatenate([part.length for part in parts]),
        vacancy=np.concatenate([part.vacancy.astype(np.int32) for part in parts]),
        action=np.concatenate([part.action.astype(np.int8) for part in parts]),
        moment=np.concatenate([part.moment.astype(np.int32) for part in parts]),
    )
