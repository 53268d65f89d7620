"""Browsing: the vacancies looked at for the first time in each session."""

from dataclasses import dataclass

import numpy as np

from stages.data.sample import dials
from stages.data.sample.draw import Floats, Ints, Mask, pick, ranks, spread
from stages.data.sample.people import People, match
from stages.data.sample.shelves import Queries, Shelves, draw_from
from stages.data.sample.sittings import Sittings


@dataclass(frozen=True)
class Looks:
    """Arrays over first looks: the session, the vacancy, how well it suits, and `again`.

    `place` in [0, 1) is the place in the session; `again` marks a vacancy that an earlier
    session of the person already met.
    """

    session: Ints
    vacancy: Ints
    match: Floats
    place: Floats
    again: Mask


def browse(rng: np.random.Generator, shelves: Shelves, people: People, sittings: Sittings) -> Looks:
    """Show each session some search results and keep those that tempt most."""
    session, _ = spread(sittings.looks * dials.RESULTS_PER_LOOK)
    person = sittings.person[session]
    strays = rng.random((len(sittings.person), 2)) < people.stray[sittings.person]
    owner = np.arange(len(sittings.person))
    trade = people.trade[sittings.person[owner], strays[:, 0].astype(np.int64)]
    region = people.region[sittings.person[owner], strays[:, 1].astype(np.int64)]
    looks = np.bincount(sittings.person, weights=sittings.looks)
    appetite = np.maximum(dials.LEAST_ON_SHOW, dials.APPETITE * looks)[person]
    queries = Queries(
        day=sittings.day[session],
        region=region[session],
        profession=trade[session],
        breadth=pick(rng, np.array(dials.BREADTH), len(session)),
        appetite=appetite,
    )
    vacancy = draw_from(rng, shelves, queries)
    suits = match(shelves.catalogue, people, person, vacancy)
    once = _first_of(session, vacancy)
    session, vacancy, suits = session[once], vacancy[once], suits[once]
    tempt = suits + rng.gumbel(0.0, dials.WHIM, len(suits))
    chosen = np.flatnonzero(ranks(session, -tempt) < sittings.looks[session])
    return _mark(rng, sittings, session[chosen], vacancy[chosen], suits[chosen])


def _first_of(group: Ints, item: Ints) -> Ints:
    """Return the positions of the first of equal (group, item) pairs, ascending."""
    order = np.lexsort((item, group))
    group, item = group[order], item[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (group[1:] != group[:-1]) | (item[1:] != item[:-1])
    return np.sort(order[new])


def _mark(
    rng: np.random.Generator, sittings: Sittings, session: Ints, vacancy: Ints, suits: Floats
) -> Looks:
    """Mark vacancies met in an earlier session; drop most of those, but empty no session."""
    again = np.ones(len(session), dtype=bool)
    again[_first_of(sittings.person[session], vacancy)] = False
    keep = ~again | (rng.random(len(session)) < dials.SEEN_AGAIN)
    kept = np.bincount(session[keep], minlength=len(sittings.person))
    keep |= (ranks(session, -suits) == 0) & (kept[session] == 0)
    return Looks(
        session=session[keep],
        vacancy=vacancy[keep],
        match=suits[keep],
        place=rng.random(int(keep.sum())),
        again=again[keep],
    )
