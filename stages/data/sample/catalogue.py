"""Vacancies as numbers: one array a property, laid out shelf by shelf.

A shelf is the set of vacancies of one profession in one region. Vacancies are sorted by
(region, profession), and professions of one field are neighbours, so a shelf, a field within a
region and a whole region are each one contiguous range.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stages.data.sample import dials, facts
from stages.data.sample.appeal import draw_pay, draw_pull, draw_taste
from stages.data.sample.draw import Floats, Ints, Mask, pick, pick_by_row, rake, stream, zipf
from stages.data.sample.employers import draw_employers, hire
from stages.data.sample.trades import Trades


@dataclass(frozen=True)
class Catalogue:
    """Arrays over the M vacancies; the row number is the vacancy's internal number.

    `pay` is the natural log of monthly roubles, `shown` the index into PAY_SHOWN, `taste` the
    latent vector, `pull` its attractiveness (log), `first_day` and `last_day` the days on which it
    is live, counted from the first day of the log.
    """

    trades: Trades
    profession: Ints
    region: Ints
    area: Ints
    company: Ints
    experience: Ints
    schedule: Ints
    employment: Ints
    pay: Floats
    shown: Ints
    taste: NDArray[np.float32]
    pull: Floats
    first_day: Ints
    last_day: Ints

    def __len__(self) -> int:
        """Return the number of vacancies."""
        return len(self.profession)


def draw_catalogue(seed: int, size: int, trades: Trades) -> Catalogue:
    """Draw `size` vacancies of the given trades."""
    rng = stream(seed, "shelves")
    shelf = np.sort(
        pick(rng, dials.region_shares(), size) * len(trades) + pick(rng, trades.supply, size)
    )
    region, profession = np.divmod(shelf, len(trades))
    employers = draw_employers(seed, size, trades)
    company = hire(stream(seed, "hiring"), employers, region, trades.field[profession])
    categories = draw_categories(stream(seed, "categories"), trades, profession)
    first_day, last_day = draw_life(stream(seed, "life"), size)
    rng = stream(seed, "details")
    return Catalogue(
        trades=trades,
        profession=profession,
        region=region,
        area=draw_area(rng, region),
        company=company,
        pay=draw_pay(
            rng,
            trades=trades,
            employers=employers,
            company=company,
            profession=profession,
            region=region,
            experience=categories[0],
            schedule=categories[1],
        ),
        shown=pick(rng, np.array(list(facts.PAY_SHOWN.values())), size),
        taste=draw_taste(rng, employers, company),
        pull=draw_pull(rng, employers, company),
        first_day=first_day,
        last_day=last_day,
        experience=categories[0],
        schedule=categories[1],
        employment=categories[2],
    )


def draw_categories(
    rng: np.random.Generator, trades: Trades, profession: Ints
) -> tuple[Ints, Ints, Ints]:
    """Draw experience, schedule and employment: tilted by profession, exact in their margins."""
    supply = trades.supply / trades.supply.sum()
    drawn = []
    for margin, tilt in (
        (facts.EXPERIENCE, trades.experience_tilt()),
        (facts.SCHEDULE, trades.schedule_tilt()),
        (facts.EMPLOYMENT, trades.employment_tilt()),
    ):
        shares = np.array(list(margin.values()), dtype=float)
        table = rake(tilt, supply, shares / shares.sum())
        drawn.append(pick_by_row(rng, table, profession))
    return drawn[0], drawn[1], drawn[2]


def draw_area(rng: np.random.Generator, region: Ints) -> Ints:
    """Draw a place inside each region: its main town for most, then a long tail."""
    per_region = facts.AREAS // facts.REGIONS
    return region * per_region + pick(rng, zipf(per_region, dials.AREA_ZIPF), len(region))


def draw_life(rng: np.random.Generator, size: int) -> tuple[Ints, Ints]:
    """Draw the first and last live day; some stay open for months, the first one always."""
    newest = facts.TRAIN_DAYS + facts.TEST_DAYS
    first = np.floor(rng.uniform(-dials.OLDEST_DAYS, newest, size)).astype(np.int64)
    last = first + 3 + np.floor(rng.exponential(dials.LIFE_DAYS, size)).astype(np.int64)
    evergreen: Mask = rng.random(size) < dials.EVERGREEN
    evergreen[0] = True
    first[evergreen] = -dials.OLDEST_DAYS
    last[evergreen] = facts.HORIZON_DAYS
    return first, last
