"""Vacancy cards: the catalogue in the raw schema, slice by slice."""

import numpy as np
import polars as pl

from stages.data.sample import facts
from stages.data.sample.catalogue import Catalogue
from stages.data.sample.descriptions import draw_descriptions
from stages.data.sample.draw import Ints, stream
from stages.data.sample.salaries import draw_salaries
from stages.data.sample.titles import draw_skills, draw_titles


def write_cards(
    seed: int, catalogue: Catalogue, ids: Ints, number: Ints, chunk: int
) -> pl.DataFrame:
    """Write out the vacancies `number`, whose public numbers are `ids`, in the raw schema."""
    rng = stream(seed, "cards", chunk)
    trades, size = catalogue.trades, len(number)
    profession, region = catalogue.profession[number], catalogue.region[number]
    experience, schedule = catalogue.experience[number], catalogue.schedule[number]
    kinds = (trades, profession, experience, schedule)
    placed = rng.random(size) >= facts.NO_REGION
    frame = pl.DataFrame(
        {
            "vacancy_id": named("v", ids),
            "name": draw_titles(rng, *kinds),
            "company.id": named("c", scatter(seed, "companies", catalogue.company[number])),
            "description": draw_descriptions(rng, *kinds),
            "keySkills.keySkill": draw_skills(rng, trades, profession),
            "area.id": named("a", scatter(seed, "areas", catalogue.area[number])),
            "area.regionId": named("ar", region + 1),
            "employment": _category(facts.EMPLOYMENT, catalogue.employment[number]),
            "workSchedule": _category(facts.SCHEDULE, schedule),
            "workExperience": _category(facts.EXPERIENCE, experience),
        }
    ).with_columns(pl.when(pl.Series(placed)).then("area.regionId").alias("area.regionId"))
    pay = draw_salaries(rng, catalogue.pay[number], catalogue.shown[number], region, number)
    return pl.concat([frame, pay], how="horizontal").select(COLUMNS)


COLUMNS = (
    "vacancy_id",
    "name",
    "company.id",
    "description",
    "keySkills.keySkill",
    "compensation.from",
    "compensation.to",
    "compensation.currencyCode",
    "area.id",
    "area.regionId",
    "employment",
    "workSchedule",
    "workExperience",
)


def named(prefix: str, number: Ints) -> pl.Series:
    """Return ids like `v_17`."""
    return pl.select(pl.format(prefix + "_{}", pl.Series(number))).to_series()


def scatter(seed: int, purpose: str, number: Ints) -> Ints:
    """Map numbers to scattered public ones, one to one: an affine map modulo a prime."""
    prime = 1_000_003
    shift, factor = stream(seed, purpose).integers(1, prime, 2)
    public: Ints = (number * factor + shift) % prime
    return public


def _category(names: dict[str, int], index: Ints) -> pl.Series:
    return pl.Series(values=list(names), dtype=pl.String).gather(np.asarray(index))
