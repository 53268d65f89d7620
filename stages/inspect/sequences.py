"""Summary of sequences: lengths by part, labels, and the rows of one user."""

from pathlib import Path

import polars as pl

from stages.core import tables
from stages.core.actions import ACTION_NAMES
from stages.core.item_ids import UNK
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Report
from stages.sequences.stage import SCHEMAS

QUARTILES = {"lower_quartile": 0.25, "median": 0.5, "upper_quartile": 0.75}
MADE_BY = "hhrec sequences build"


class SequencesSummary(Report):
    """By part: rows, lengths in events, tokens a model sees; for labels: how many, which kind.

    `tokens` are events after the cut to `sequences.max_length`, padding not counted.
    """

    parts: dict[str, dict[str, int | float]]
    labels: dict[str, int | float]


def scan_part(sequences: Path, part: str) -> pl.LazyFrame:
    """Open `train`, `validation` or `test` of the sequences."""
    return tables.scan(sequences / part, SCHEMAS[part], made_by=MADE_BY)


def summary(sequences: Path, vocab: Path, max_length: int) -> SequencesSummary:
    """Measure sequences; `vocab` tells which labels are trained.

    Raises:
        MissingInputError: An input is not there.
    """
    parts = {part: _lengths(scan_part(sequences, part), max_length) for part in SCHEMAS}
    trained = tables.scan_vocab(vocab).filter("trained").select(label_item="item").collect()
    labels = scan_part(sequences, "validation").select("label_item").collect()
    reachable = labels.join(trained, on="label_item", how="semi").height
    unknown = int((labels["label_item"] == UNK).sum())
    return SequencesSummary(
        parts=parts,
        labels={
            "rows": labels.height,
            "untrained": (labels.height - reachable - unknown) / max(labels.height, 1),
            "unknown": unknown / max(labels.height, 1),
        },
    )


def _lengths(rows: pl.LazyFrame, max_length: int) -> dict[str, int | float]:
    length = pl.col("length")
    quartiles = {
        name: length.quantile(share, "nearest").fill_null(0) for name, share in QUARTILES.items()
    }
    return (
        rows.select(length=pl.col("items").list.len().cast(pl.Int64))
        .select(
            rows=pl.len(),
            events=length.sum(),
            tokens=length.clip(upper_bound=max_length).sum(),
            empty=(length == 0).sum(),
            **quartiles,
            longest=length.max().fill_null(0),
        )
        .collect(engine="streaming")
        .row(0, named=True)
    )


def user_events(sequences: Path, vocab: Path, user: str) -> pl.DataFrame:
    """Rows of one user, one line an event, a label after its context.

    Columns: `part`, `row` (the session asked about), `session`, `time`, `action`, `item`,
    `vacancy_id`.

    Raises:
        HhrecError: The user has no row.
    """
    lines = pl.concat(_lines(scan_part(sequences, part), part, user) for part in SCHEMAS)
    if lines.is_empty():
        raise HhrecError(
            f"{sequences}: no row of user {user!r} in any of {', '.join(SCHEMAS)}",
            "compare column user_id of the raw files; `hhrec filter` may have dropped the user",
        )
    ids = tables.scan_vocab(vocab).select("item", "vacancy_id").collect()
    joined = lines.join(ids, on="item", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("label", "vacancy_id").alias("vacancy_id")).drop("label")


def _lines(rows: pl.LazyFrame, part: str, user: str) -> pl.DataFrame:
    """One line an event of the user's rows in a part, each row followed by its label, if any."""
    mine = rows.filter(pl.col("user_id") == user).collect().with_row_index("order")
    row = pl.col("session_id") if part != "train" else pl.lit(None, pl.String)
    events = mine.select(
        "order", row=row, session="sessions", time="times", action="actions", item="items"
    ).explode("session", "time", "action", "item", empty_as_null=False)
    lines = events.with_columns(
        pl.col("action").replace_strict(ACTION_NAMES, return_dtype=pl.String),
        label=pl.lit(None, pl.String),
    )
    if part == "validation":
        action = pl.lit("label").alias("action")
        session = pl.lit(None, pl.Int32).alias("session")
        answer = {"time": "asked_at", "item": "label_item", "label": "label"}
        labels = mine.select("order", session, action, row=row, **answer)
        lines = pl.concat([lines, labels.select(lines.columns)])
    return lines.sort("order", maintain_order=True).select(
        pl.lit(part).alias("part"), pl.exclude("order")
    )
