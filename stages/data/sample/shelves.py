"""The search results: what a person who looks at a shelf on a given day meets there."""

from dataclasses import dataclass

import numpy as np

from stages.data.sample import dials, facts
from stages.data.sample.catalogue import Catalogue
from stages.data.sample.draw import Floats, Ints

SHELF, FIELD, REGION, ANYWHERE = range(4)


@dataclass(frozen=True)
class Shelves:
    """`edges` (HORIZON_DAYS, M + 1): cumulative prominence of the vacancies on each day.

    Prominence is attractiveness times freshness while a vacancy is live, else 0; its mean over
    the live ones is 1. `bounds` (regions x professions + 1) cuts the catalogue into shelves.
    """

    catalogue: Catalogue
    edges: Floats
    bounds: Ints


def stock_shelves(catalogue: Catalogue) -> Shelves:
    """Compute each day's prominence."""
    edges = np.zeros((facts.HORIZON_DAYS, len(catalogue) + 1))
    pull = np.exp(catalogue.pull)
    for day in range(facts.HORIZON_DAYS):
        age = day - catalogue.first_day
        live = (age >= 0) & (catalogue.last_day >= day)
        shown = np.where(live, pull * np.exp(-age / dials.FRESH_DAYS), 0.0)
        shown += np.where(live, pull * dials.FRESH_FLOOR, 0.0)
        np.cumsum(shown * (live.sum() / shown.sum()), out=edges[day, 1:])
    trades = len(catalogue.trades)
    shelf = catalogue.region * trades + catalogue.profession
    bounds = np.searchsorted(shelf, np.arange(facts.REGIONS * trades + 1))
    return Shelves(catalogue, edges, bounds)


@dataclass(frozen=True)
class Queries:
    """What each look searches for: arrays (looks,).

    `breadth` is SHELF, FIELD, REGION or ANYWHERE; `appetite` the least that must be on show.
    """

    day: Ints
    region: Ints
    profession: Ints
    breadth: Ints
    appetite: Floats


def draw_from(rng: np.random.Generator, shelves: Shelves, queries: Queries) -> Ints:
    """Draw one live vacancy for each look; a breadth with too little on show is widened.

    Too little is less than the appetite, and for leaving the region, less than LEAST_ON_SHOW.
    """
    day, breadth = queries.day, queries.breadth
    low, high = _range(shelves, queries, breadth)
    for wider in (FIELD, REGION, ANYWHERE):
        least = dials.LEAST_ON_SHOW if wider == ANYWHERE else queries.appetite
        bare = shelves.edges[day, high] - shelves.edges[day, low] < least
        breadth = np.where(bare & (breadth < wider), wider, breadth)
        low, high = _range(shelves, queries, breadth)
    start = shelves.edges[day, low]
    aim = start + rng.random(len(day)) * (shelves.edges[day, high] - start)
    found = np.empty(len(day), dtype=np.int64)
    for today in range(facts.HORIZON_DAYS):
        those = np.flatnonzero(day == today)
        found[those] = np.searchsorted(shelves.edges[today], aim[those], side="right") - 1
    vacancy: Ints = np.clip(found, low, high - 1)
    return vacancy


def _range(shelves: Shelves, queries: Queries, breadth: Ints) -> tuple[Ints, Ints]:
    """Return where each look's range of the catalogue starts and ends."""
    trades, profession = shelves.catalogue.trades, queries.profession
    field = trades.field[profession]
    start = np.where(breadth == FIELD, trades.first[field], 0)
    stop = np.where(breadth == FIELD, trades.last[field], len(trades))
    start = np.where(breadth == SHELF, profession, start)
    stop = np.where(breadth == SHELF, profession + 1, stop)
    row = queries.region * len(trades)
    low = np.where(breadth == ANYWHERE, 0, shelves.bounds[row + start])
    high = np.where(breadth == ANYWHERE, len(shelves.catalogue), shelves.bounds[row + stop])
    return low, high
