"""Descriptions: HTML with an opening, duties, demands and offers, some parts left out."""

import numpy as np
import polars as pl

from stages.data.sample import dials
from stages.data.sample.draw import Ints
from stages.data.sample.phrases import EXPERIENCE_DEMANDS, OFFERS, OPENINGS, SCHEDULE_OFFERS
from stages.data.sample.titles import Shelf
from stages.data.sample.trades import Trades


def draw_descriptions(
    rng: np.random.Generator, trades: Trades, profession: Ints, experience: Ints, schedule: Ints
) -> pl.Series:
    """Draw one description a vacancy, in Russian, with the tags and entities of a text editor."""
    size = len(profession)
    level = pl.Series(values=list(EXPERIENCE_DEMANDS.values())).gather(experience)
    hours = pl.Series(values=list(SCHEDULE_OFFERS.values())).gather(schedule)
    duties = Shelf([one.duties for one in trades.professions])
    demands = Shelf([one.demands for one in trades.fields])
    everyone = np.zeros(size, dtype=np.int64)
    parts = pl.DataFrame(
        {
            "opening": Shelf([OPENINGS]).pick(rng, everyone),
            "duties": _bullets(rng, duties, profession, 3),
            "level": level,
            "demands": _bullets(rng, demands, trades.field[profession], 2),
            "hours": hours,
            "offers": _bullets(rng, Shelf([OFFERS]), everyone, 4),
            "style": rng.integers(0, len(STYLES), size),
        }
    )
    branches = [
        pl.when(pl.col("style") == style).then(pl.format(pattern, *columns))
        for style, (pattern, columns) in enumerate(STYLES)
    ]
    return parts.select(pl.coalesce(branches).alias("description")).to_series()


STYLES = (
    (
        (
            "<p>{}</p> <p><strong>Обязанности:</strong></p> <ul>{}</ul> "
            "<p><strong>Требования:</strong></p> <ul> <li>{}</li>{}</ul> "
            "<p><strong>Условия:</strong></p> <ul> <li>{}</li>{}</ul>"
        ),
        ("opening", "duties", "level", "demands", "hours", "offers"),
    ),
    (
        (
            "<p><em>{}</em></p> <p>Что нужно делать:</p> <ul>{}</ul> <p>Мы предлагаем:</p> "
            "<ul>{} <li>{}</li></ul> <p>Мы ждём от вас: {}.</p>"
        ),
        ("opening", "duties", "offers", "hours", "level"),
    ),
    (
        (
            "<strong>Чем предстоит заниматься</strong><br /><ul>{}</ul><br />"
            "<strong>Кого мы ищем</strong><br /><ul>{} <li>{}</li></ul><br />"
            "&laquo;Белая&raquo; зарплата &amp; {}. {}"
        ),
        ("duties", "demands", "level", "hours", "opening"),
    ),
)


def _bullets(rng: np.random.Generator, shelf: Shelf, row: Ints, most: int) -> pl.Series:
    """Draw up to `most` list items for each row, as one HTML string."""
    count = np.maximum(1, most - rng.binomial(1, dials.TERSE, len(row)))
    owner, text = shelf.several(rng, row, count)
    items = pl.DataFrame({"owner": owner, "text": text}).group_by("owner", maintain_order=True)
    return items.agg(pl.format(" <li>{};</li>", "text").str.join("").alias("html"))["html"]
