"""Deeds: what becomes of a look, at once or when the person comes back to the vacancy."""

from dataclasses import dataclass

import numpy as np

from stages.data.sample import dials
from stages.data.sample.browsing import Looks
from stages.data.sample.catalogue import Catalogue
from stages.data.sample.draw import Floats, Ints, Mask, sigmoid
from stages.data.sample.sittings import Sittings

RESPONSE, VIEW, FAVOURITE = 1, 2, 3


@dataclass(frozen=True)
class Deeds:
    """Arrays over events: session, vacancy, action, and `key`, the order within the session."""

    session: Ints
    vacancy: Ints
    action: Ints
    key: Floats


def act(rng: np.random.Generator, catalogue: Catalogue, sittings: Sittings, looks: Looks) -> Deeds:
    """Turn looks into events: view, favourite, respond, come back, respond later."""
    fresh = ~looks.again
    applying = sittings.applying[looks.session]
    mood = np.where(applying, dials.APPLY_NOW, dials.APPLY_IDLY)
    apply = fresh & (rng.random(len(fresh)) < sigmoid(mood + dials.APPLY_MATCH * looks.match))
    star = fresh & ~apply & (rng.random(len(fresh)) < sigmoid(dials.STAR + looks.match))
    unread = apply & (rng.random(len(fresh)) < dials.UNREAD)
    parts = [
        _events(looks, ~unread, looks.session, VIEW, looks.place),
        _events(looks, star, looks.session, FAVOURITE, looks.place + dials.SOON),
        _events(looks, apply, looks.session, RESPONSE, looks.place + dials.SOON),
        *_returns(rng, catalogue, sittings, looks, done=apply, star=star),
    ]
    return join(parts)


def join(parts: list[Deeds]) -> Deeds:
    """Lay lists of events end to end."""
    return Deeds(
        session=np.concatenate([part.session for part in parts]),
        vacancy=np.concatenate([part.vacancy for part in parts]),
        action=np.concatenate([part.action for part in parts]),
        key=np.concatenate([part.key for part in parts]),
    )


def _events(looks: Looks, those: Mask, session: Ints, action: int, key: Floats) -> Deeds:
    count = int(those.sum())
    return Deeds(session[those], looks.vacancy[those], np.full(count, action), key[those])


def _returns(
    rng: np.random.Generator,
    catalogue: Catalogue,
    sittings: Sittings,
    looks: Looks,
    *,
    done: Mask,
    star: Mask,
) -> list[Deeds]:
    """Let people come back, a few times at most, to what they met; later sessions included.

    Whoever has not responded comes back the likelier, the better the match, the more often seen,
    and if it is a favourite; on coming back a response depends on the same and on the mood.
    """
    parts: list[Deeds] = []
    session, place, size = looks.session, looks.place, len(done)
    returns = np.zeros(size)
    for _ in range(dials.VISITS):
        wants = dials.COME_BACK + dials.BACK_MATCH * looks.match + dials.BACK_STAR * star
        wants = np.where(done, dials.BACK_DONE, wants + dials.BACK_AGAIN * returns)
        later = np.where(rng.random(size) < dials.SAME_SESSION, 0, rng.geometric(dials.HASTE, size))
        target = np.minimum(session + later, len(sittings.person) - 1)
        back = ~looks.again & (rng.random(size) < sigmoid(wants))
        back &= (target == session + later) & (sittings.person[target] == sittings.person[session])
        back &= catalogue.last_day[looks.vacancy] >= sittings.day[target]
        mood = np.where(sittings.applying[target], dials.AGAIN_NOW, dials.AGAIN_IDLY)
        says = sigmoid(mood + dials.APPLY_MATCH * looks.match + dials.AGAIN_STAR * star)
        says = np.where(done, dials.TWICE, says)
        apply = back & (rng.random(size) < says)
        unread = apply & (rng.random(size) < dials.UNREAD)
        early = rng.random(size) * dials.EARLY
        when = np.where(later == 0, place + rng.random(size) * (1.0 - place), early)
        parts += [
            _events(looks, back & ~unread, target, VIEW, when),
            _events(looks, apply, target, RESPONSE, when + dials.SOON),
        ]
        session, place = np.where(back, target, session), np.where(back, when, place)
        done, returns = done | apply, returns + back
    return parts
