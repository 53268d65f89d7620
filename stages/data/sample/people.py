"""People: a trade, a region, a seniority, wishes, tastes, and how eagerly they apply."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.data.sample import dials, facts
from stages.data.sample.catalogue import Catalogue
from stages.data.sample.draw import Floats, Ints, pick, stream
from stages.data.sample.trades import Trades


@dataclass(frozen=True)
class People:
    """Arrays over a chunk of people.

    `trade` and `region` are (people, 2): the main one and the other; `stray` (people, 2) the
    chances that a session searches the other trade, the other region. `wish` is a log salary,
    `schedule` the favoured one, `breadth` the log of the usual number of vacancies looked at,
    `eager` the chance that a session is one of applying.
    """

    trade: Ints
    region: Ints
    stray: Floats
    grade: Ints
    wish: Floats
    schedule: Ints
    taste: NDArray[np.float32]
    breadth: Floats
    eager: Floats


def draw_demand(seed: int, trades: Trades) -> Floats:
    """Draw where people are relative to vacancies: (regions x professions), region by region.

    Labour markets are tight or slack: by profession, by region, and in each place anew.
    """
    rng = stream(seed, "demand")
    tension = (
        rng.normal(0.0, dials.TENSION_TRADE, (1, len(trades)))
        + rng.normal(0.0, dials.TENSION_REGION, (facts.REGIONS, 1))
        + rng.normal(0.0, dials.TENSION_PLACE, (facts.REGIONS, len(trades)))
    )
    demand: Floats = dials.region_shares()[:, None] * trades.supply * np.exp(tension)
    return demand.ravel()


def draw_people(rng: np.random.Generator, trades: Trades, demand: Floats, size: int) -> People:
    """Draw `size` people where the demand for vacancies is."""
    region, trade = np.divmod(pick(rng, demand, size), len(trades))
    grade = np.clip(
        np.array([one.grade for one in trades.professions])[trade]
        + pick(rng, np.array([0.3, 0.5, 0.2]), size)
        - 1,
        0,
        3,
    )
    wish = (
        trades.pay[trade]
        + dials.region_pay()[region]
        + np.array(dials.EXPERIENCE_PAY)[grade]
        + rng.normal(dials.AMBITION, 0.2, size)
    )
    return People(
        trade=np.stack([trade, _other_trade(rng, trades, trade)], axis=1),
        region=np.stack([region, _other_region(rng, region)], axis=1),
        stray=_strays(rng, size),
        grade=grade,
        wish=wish,
        schedule=pick(rng, np.array(dials.SCHEDULE_TASTE), size),
        taste=rng.standard_normal((size, dials.TASTES), dtype=np.float32),
        breadth=rng.normal(dials.LOOKS_MEAN, dials.LOOKS_PEOPLE, size),
        eager=rng.beta(*dials.EAGER, size),
    )


def _other_trade(rng: np.random.Generator, trades: Trades, trade: Ints) -> Ints:
    """Draw a second trade: mostly of the same field."""
    field = trades.field[trade]
    width = trades.last[field] - trades.first[field]
    near = trades.first[field] + np.floor(rng.random(len(trade)) * width).astype(np.int64)
    far = pick(rng, trades.supply, len(trade))
    return np.where(rng.random(len(trade)) < dials.RELATED_TRADE, near, far)


def _other_region(rng: np.random.Generator, region: Ints) -> Ints:
    """Draw a second region: by size, so that the capital draws people; rank 1 pairs with 0."""
    return np.where(
        (region == 0) & (rng.random(len(region)) < dials.SUBURB),
        1,
        pick(rng, dials.region_shares(), len(region)),
    )


def _strays(rng: np.random.Generator, size: int) -> Floats:
    """Draw how often each person searches the other trade and the other region."""
    trade = rng.beta(*dials.STRAY_TRADE, size)
    moving = rng.random(size) < dials.MOVERS
    region = np.where(moving, rng.beta(*dials.STRAY_REGION, size), dials.HOMEBODY)
    return np.stack([trade, region], axis=1)


def match(catalogue: Catalogue, people: People, person: Ints, vacancy: Ints) -> Floats:
    """Return how well each vacancy suits each person; roughly normal, more is better.

    Hidden salaries count as a small drawback; a fit of experience, schedule, trade, and the
    latent taste shared with the employer add up.
    """
    gap = np.clip(catalogue.pay[vacancy] - people.wish[person], -1.2, 1.2)
    pay = np.where(catalogue.shown[vacancy] > 0, dials.LIKES_PAY * gap, -dials.HIDES_PAY)
    grade = np.abs(catalogue.experience[vacancy] - people.grade[person])
    schedule = catalogue.schedule[vacancy] == people.schedule[person]
    trade = catalogue.profession[vacancy] == people.trade[person, 0]
    taste = np.einsum("ij,ij->i", catalogue.taste[vacancy], people.taste[person])
    total: Floats = (
        pay
        - dials.LIKES_GRADE * grade
        + dials.LIKES_SCHEDULE * schedule
        + dials.LIKES_TRADE * trade
        + dials.LIKES_TASTE / np.sqrt(dials.TASTES) * taste
    )
    return total
