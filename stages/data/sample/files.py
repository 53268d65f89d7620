"""The four files: ids, shuffled rows, and Parquet written slice by slice."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source

from stages.core.schema import LABELS, RAW_SESSIONS, RAW_VACANCIES, Schema
from stages.data.sample import dials, facts
from stages.data.sample.cards import named, write_cards
from stages.data.sample.catalogue import Catalogue
from stages.data.sample.draw import Ints, spread, stream
from stages.data.sample.journal import Journal
from stages.data.sample.simulate import World


def page_count(vacancies: int) -> int:
    """Return the number of slices in which this many vacancies are written."""
    return -(-vacancies // dials.CARDS_AT_ONCE)


def write_world(
    seed: int, out: Path, catalogue: Catalogue, world: World, tick: Callable[[int], None]
) -> None:
    """Write `train`, `test`, `labels` and `vacancies` as Parquet into `out`."""
    vacancy = stream(seed, "vacancy ids").permutation(len(catalogue))
    user = stream(seed, "user ids").permutation(world.users)
    train, test = len(world.train.length), len(world.test.length)
    session = stream(seed, "session ids").permutation(train + test)
    rows = stream(seed, "train rows").permutation(train)
    ids = (user, session[:train], vacancy)
    _stream_out(out / "train.parquet", RAW_SESSIONS, _sessions(world.train, rows, ids))
    rows = stream(seed, "test rows").permutation(test)
    ids = (user, session[train:], vacancy)
    _stream_out(out / "test.parquet", RAW_SESSIONS, _sessions(world.test, rows, ids))
    labels = pl.DataFrame(
        {
            "user_id": named("u", user[world.test.user[rows]]),
            "session_id": named("s", session[train:][rows]),
            "vacancy_id": named("v", vacancy[world.label[rows]]),
        }
    )
    _stream_out(out / "labels.parquet", LABELS, iter([labels]))
    cards = _cards(seed, catalogue, vacancy, tick)
    _stream_out(out / "vacancies.parquet", RAW_VACANCIES, cards)


def _slices(rows: Ints, size: int) -> list[Ints]:
    """Cut rows into slices of `size`."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _sessions(journal: Journal, rows: Ints, ids: tuple[Ints, Ints, Ints]) -> Iterator[pl.DataFrame]:
    """Yield sessions in the raw schema; `ids` are the public users, sessions, vacancies."""
    user, session, vacancy = ids
    midnight = np.datetime64(facts.START, "s")
    for those in _slices(rows, dials.ROWS_AT_ONCE):
        part = journal.rows(those)
        events = pl.DataFrame(
            {
                "row": spread(part.length)[0],
                "vacancy_id": named("v", vacancy[part.vacancy]),
                "action_type": part.action.astype(np.int64),
                "action_dt": (midnight + part.moment).astype("datetime64[ns]"),
            }
        )
        lists = events.group_by("row", maintain_order=True).agg(pl.all())
        yield lists.select(
            named("u", user[part.user]).alias("user_id"),
            named("s", session[those]).alias("session_id"),
            "vacancy_id",
            "action_type",
            "action_dt",
        )


def _cards(
    seed: int, catalogue: Catalogue, ids: Ints, tick: Callable[[int], None]
) -> Iterator[pl.DataFrame]:
    """Yield the catalogue in the raw schema, in no order."""
    rows = stream(seed, "vacancy rows").permutation(len(catalogue))
    for chunk, number in enumerate(_slices(rows, dials.CARDS_AT_ONCE)):
        yield write_cards(seed, catalogue, ids[number], number, chunk)
        tick(chunk + 1)


def _stream_out(path: Path, schema: Schema, frames: Iterator[pl.DataFrame]) -> None:
    """Write frames one after another into one Parquet file, holding only a few at a time."""

    def source(
        _columns: list[str] | None,
        _predicate: pl.Expr | None,
        _rows: int | None,
        _batch: int | None,
    ) -> Iterator[pl.DataFrame]:
        yield from frames

    register_io_source(source, schema=dict(schema)).sink_parquet(path)
