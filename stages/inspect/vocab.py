"""Coverage of a vocabulary, and the vacancy behind one id."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import polars as pl

from stages.core import tables
from stages.core.artifact_paths import VALIDATION
from stages.core.item_ids import MASK, PAD, UNK
from stages.core.schema import FILTERED, VALIDATION_SEQUENCES
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Report

SPECIAL = {PAD: "[PAD] padding", UNK: "[UNK] not in the catalogue", MASK: "[MASK] asked for"}
DIGITS = 10  # of an item number; what has more is an id
NEAR = 1_000  # ids that share the longest prefix and are compared letter by letter


class VocabCoverage(Report):
    """Size of a vocabulary; shares of events and validation labels by what it knows of them.

    `trained` has an id embedding, `untrained` only content, `unknown` is not in the catalogue.
    """

    vacancies: int
    trained: int
    filtered_events: dict[str, int | float] | None
    validation_labels: dict[str, int | float] | None


def coverage(vocab: Path, *, events: Path | None, sequences: Path | None) -> VocabCoverage:
    """Measure a vocabulary on filtered `events` and on the labels of `sequences`, where given.

    Raises:
        MissingInputError: A path that was given is not there.
    """
    table = tables.scan_vocab(vocab).collect()
    learnt = asked = None
    if events is not None:
        learnt = tables.scan(events, FILTERED, made_by="hhrec filter").select("vacancy_id")
    if sequences is not None:
        held = sequences / VALIDATION
        asked = tables.scan(held, VALIDATION_SEQUENCES, made_by="hhrec sequences build").select(
            vacancy_id="label"
        )
    return VocabCoverage(
        vacancies=table.height,
        trained=int(table["trained"].sum()),
        filtered_events=None if learnt is None else _shares(learnt, table),
        validation_labels=None if asked is None else _shares(asked, table),
    )


def _shares(vacancies: pl.LazyFrame, vocab: pl.DataFrame) -> dict[str, int | float]:
    """Number of rows, and the shares of them that are trained, untrained and unknown."""
    known = vocab.lazy().select("vacancy_id", "trained")
    joined = vacancies.join(known, on="vacancy_id", how="left")
    counts = dict(joined.group_by("trained").len().collect(engine="streaming").iter_rows())
    total = sum(counts.values())
    names = {"trained": True, "untrained": False, "unknown": None}
    shares = {name: counts.get(flag, 0) / max(total, 1) for name, flag in names.items()}
    return {"rows": total, **shares}


def lookup(vocab: Path, ids: Sequence[str]) -> pl.DataFrame:
    """Find vacancy ids or item numbers: `asked`, `vacancy_id`, `item`, `count`, `trained`.

    What is an id of the catalogue is taken for one, even if it is a number.

    Raises:
        HhrecError: One of them is neither.
    """
    table = tables.scan_vocab(vocab).collect()
    return pl.concat([_look_up(table, asked, vocab) for asked in ids])


def _look_up(table: pl.DataFrame, asked: str, vocab: Path) -> pl.DataFrame:
    short = len(asked) <= DIGITS and asked.isascii() and asked.isdecimal()
    number = int(asked) if short else None
    found = table.filter(pl.col("vacancy_id") == asked)
    if found.is_empty() and number in SPECIAL:
        special = {"vacancy_id": [SPECIAL[number]], "item": [number], "count": 0, "trained": False}
        found = pl.DataFrame(special, schema=table.schema)
    elif found.is_empty() and number is not None:
        found = table.filter(pl.col("item") == number)
    if found.is_empty():
        near = ", ".join(_near(table["vacancy_id"], asked)) or "none"
        raise HhrecError(
            f"{vocab}: {asked!r} is neither a vacancy id nor an item number"
            f" (items end at {max(table['item'])}); near matches: {near}",
            "type one of these, or see `hhrec vocab show` for the size",
        )
    return found.select(pl.lit(asked).alias("asked"), *table.columns)


def _near(ids: pl.Series, asked: str) -> list[str]:
    """At most three ids that look like `asked`, among those that start alike."""
    longest = min(len(asked), int(ids.str.len_chars().max() or 0))  # type: ignore[arg-type]
    for length in range(longest, -1, -1):
        alike = ids.filter(ids.str.starts_with(asked[:length])).sort().head(NEAR)
        if close := get_close_matches(asked, alike.to_list(), n=3, cutoff=0.5):
            return close
    return []
