"""Employers: Zipf in size, at home in one field and region, each with a taste of its own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.data.sample import dials, facts
from stages.data.sample.draw import Floats, Ints, pick, stream, zipf
from stages.data.sample.trades import Trades


@dataclass(frozen=True)
class Employers:
    """Arrays over the employers, sorted by `home` = region * fields + field.

    `weight` is the relative size, `pay` adds to log salaries, `pull` to log attractiveness,
    `taste` is (employers, TASTES).
    """

    home: Ints
    weight: Floats
    pay: Floats
    pull: Floats
    taste: NDArray[np.float32]
    fields: int


def draw_employers(seed: int, vacancies: int, trades: Trades) -> Employers:
    """Draw as many employers as a catalogue of this size has."""
    rng = stream(seed, "employers")
    size = max(5, round(facts.COMPANIES_PER_VACANCY * vacancies))
    fields = len(trades.fields)
    field = trades.field[pick(rng, trades.supply, size)]
    home = np.sort(pick(rng, dials.region_shares(), size) * fields + field)
    return Employers(
        home=home,
        weight=rng.permutation(zipf(size, dials.EMPLOYER_ZIPF, 3.0)),
        pay=rng.normal(0.0, dials.EMPLOYER_PAY, size),
        pull=rng.normal(0.0, dials.EMPLOYER_PULL, size),
        taste=rng.standard_normal((size, dials.TASTES), dtype=np.float32),
        fields=fields,
    )


def hire(rng: np.random.Generator, employers: Employers, region: Ints, field: Ints) -> Ints:
    """Give each vacancy an employer: mostly a local one of its field, else any, by size."""
    home = region * employers.fields + field
    low = np.searchsorted(employers.home, home, side="left")
    high = np.searchsorted(employers.home, home, side="right")
    anywhere = (rng.random(len(home)) < dials.NATIONWIDE) | (low == high)
    low, high = np.where(anywhere, 0, low), np.where(anywhere, len(employers.home), high)
    edges = np.r_[0.0, np.cumsum(employers.weight)]
    aim = edges[low] + rng.random(len(home)) * (edges[high] - edges[low])
    found = np.searchsorted(edges, aim, side="right") - 1
    company: Ints = np.clip(found, low, high - 1)
    return company
