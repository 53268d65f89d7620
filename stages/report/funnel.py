"""The funnel: rows left after each stage, and the reasons of the losses."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from stages.core import tables
from stages.core.schema import VOCAB
from stages.params import Params
from stages.report.formatting import number, percent
from stages.report.markup import Content, Html, table, tag
from stages.report.table_counts import Log, Raw, TableCounts

FAULTS = {
    "null_id": "rows without user or session",
    "null_list": "rows with a missing list",
    "unequal_lists": "rows whose lists differ in length",
    "empty_list": "sessions without events",
}
ASIDE = {"validation": "held out for validation", "test": "test sessions"}
UNIT = ("sessions", "events", "users")


def flow(raw: Raw | None, log: Log, kept: TableCounts | None, params: Params) -> Html:
    """The way from the input files to the training data, each loss with its reason."""
    first = raw.whole if raw else log.whole
    rows = [*_steps(raw, log, kept, params)]
    return table(("", *UNIT, "events left"), (_row(*row, first.events) for row in rows), class_="f")


def _steps(
    raw: Raw | None, log: Log, kept: TableCounts | None, params: Params
) -> Iterator[tuple[str, TableCounts, str]]:
    """Yield name, figures and what they are: `kept`, `aside` (used elsewhere) or a `loss`."""
    by, limits = log.by, params.filter
    if raw:
        yield "Input files, train and test", raw.whole, "kept"
        rest = raw.whole.minus(log.whole)
        for fault, (rows, events) in raw.faults.items():
            rest = rest.minus(TableCounts(rows, events, 0))
            yield FAULTS[fault], TableCounts(rows, events, 0), "loss"
        yield "events without vacancy, action or time; test sessions without events", rest, "loss"
    yield "explode: one row an event", log.whole, "kept"
    for part, name in ASIDE.items():
        if by[part].events:
            yield f"set aside: {name}", by[part], "aside"
    yield "train part", by["train"], "kept"
    yield (
        f"bots: users with more than {limits.max_user_events:,} events",
        by["train"].minus(by["people"]),
        "loss",
    )
    yield "actions of unknown kind", by["people"].minus(by["usable"]), "loss"
    if kept:
        rare = (
            f"too rare: vacancies under {limits.min_item_events} "
            f"or users under {limits.min_user_events} events"
        )
        yield rare, by["usable"].minus(kept), "loss"
        yield "filter: what the model learns from", kept, "kept"


def _row(name: str, tally: TableCounts, kind: str, whole: int) -> Iterator[Content]:
    """One line: what is kept in bold, a loss with a minus."""
    yield tag("th", tag("b" if kind == "kept" else "span", name), scope="row")
    for value in tally:
        text = f"−{value:,}" if kind == "loss" and value else f"{value:,}"
        yield tag("td", text, class_=f"n {kind}")
    yield tag("td", bar(tally.events, whole, kind), class_="bar")


def bar(part: int, whole: int, kind: str) -> Content:
    """A bar as long as the share, with the share beside it."""
    share = part / max(whole, 1)
    width = f"width:{max(0.0, min(1.0, share)) * 100:.2f}%"
    return [tag("i", class_=kind, style=width) if part else None, tag("small", percent(share))]


def vacancies(vocab: Path, recommended: int | None, params: Params) -> Html:
    """The catalogue: what was ever seen, what has a vector of its own, what is recommended."""
    counts = tables.scan(vocab, VOCAB, made_by="hhrec vocab build").select(
        total=pl.len(), seen=(pl.col("count") > 0).sum(), trained=pl.col("trained").sum()
    )
    total, seen, trained = counts.collect().row(0)
    few = params.vocab.min_count
    rows = [("in the catalogue", total), ("with an event in the training data", seen)]
    rows += [(f"with {few} or more: an embedding of their own beside their content", trained)]
    if recommended is not None:
        rows += [("in somebody's list of recommendations", recommended)]
    return table(
        ("vacancies", "", "of the catalogue"),
        (
            (
                tag("th", name, scope="row"),
                tag("td", number(value), class_="n"),
                _share(value, total),
            )
            for name, value in rows
        ),
        class_="f",
    )


def _share(value: int, whole: int) -> Html:
    return tag("td", bar(value, whole, "kept"), class_="bar")
