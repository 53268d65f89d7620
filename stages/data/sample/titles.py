"""Titles and key skills, drawn column-wise for a slice of the catalogue."""

import numpy as np
import polars as pl

from stages.data.sample import dials, facts
from stages.data.sample.draw import Ints, Mask, ranks, spread
from stages.data.sample.phrases import EXPERIENCE_TITLES, SCHEDULE_TITLES
from stages.data.sample.trades import Trades


class Shelf:
    """A ragged table of strings: row after row laid end to end, picked from by (row, place)."""

    def __init__(self, rows: list[tuple[str, ...]]) -> None:
        self.text = pl.Series(values=[one for row in rows for one in row], dtype=pl.String)
        self.size = np.array([len(row) for row in rows])
        self.start = np.cumsum(self.size) - self.size

    def pick(self, rng: np.random.Generator, row: Ints) -> pl.Series:
        """Draw one string of each row asked for, all equally likely."""
        place = np.floor(rng.random(len(row)) * self.size[row]).astype(np.int64)
        return self.text.gather(self.start[row] + place)

    def several(self, rng: np.random.Generator, row: Ints, most: Ints) -> tuple[Ints, pl.Series]:
        """Draw up to `most` different strings of each row: (owner, strings), by owner."""
        owner, place = spread(self.size[row])
        rank = ranks(owner, rng.random(len(owner)))
        keep = rank < most[owner]
        order = np.lexsort((rank[keep], owner[keep]))
        found = (self.start[row][owner] + place)[keep][order]
        return owner[keep][order], self.text.gather(found)


def draw_titles(
    rng: np.random.Generator, trades: Trades, profession: Ints, experience: Ints, schedule: Ints
) -> pl.Series:
    """Draw titles: a profession's name with tails for experience and schedule, in mixed case."""
    parts = pl.DataFrame(
        {
            "name": Shelf([one.titles for one in trades.professions]).pick(rng, profession),
            "grade": Shelf(list(EXPERIENCE_TITLES.values())).pick(rng, experience),
            "when": Shelf(list(SCHEDULE_TITLES.values())).pick(rng, schedule),
            "loud": rng.random(len(profession)) < dials.SHOUTED,
        }
    )
    title = pl.concat_str("name", "grade", "when")
    return parts.select(
        pl.when("loud").then(title.str.to_uppercase()).otherwise(title).alias("name")
    ).to_series()


def draw_skills(rng: np.random.Generator, trades: Trades, profession: Ints) -> pl.Series:
    """Draw lists of key skills in whatever case the employer typed; a share has none at all."""
    size = len(profession)
    silent: Mask = rng.random(size) < facts.NO_SKILLS
    most = np.where(silent, 0, 1 + rng.binomial(dials.MOST_SKILLS - 1, dials.SKILL_ODDS, size))
    owner, skill = Shelf([one.skills for one in trades.professions]).several(rng, profession, most)
    style = rng.random(len(owner))
    typed = (
        pl.when(pl.col("style") < dials.LOWER_SKILLS)
        .then(pl.col("skill").str.to_lowercase())
        .when(pl.col("style") > 1.0 - dials.UPPER_SKILLS)
        .then(pl.col("skill").str.to_uppercase())
        .otherwise("skill")
    )
    lists = (
        pl.DataFrame({"owner": owner, "skill": skill, "style": style})
        .group_by("owner", maintain_order=True)
        .agg(typed.alias("skills"))
    )
    rows = pl.DataFrame({"owner": np.arange(size)})
    return rows.join(lists, on="owner", how="left", maintain_order="left")["skills"]
