"""Predictions as files: one row a list, or one row a recommendation.

| format | file | columns |
|---|---|---|
| `parquet` | Parquet | user_id, session_id, predictions (list of ids, best first), scores (list) |
| `jsonl` | JSON lines | the same, one object a list |
| `long` | Parquet | user_id, session_id, rank (from 1), vacancy_id, score |
| `csv` | CSV with a header | the same as `long` |

Scores are there where they are asked for; they are null where a baseline ranks.
"""

from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import polars as pl

from stages.bert4rec.examples.histories import Ints
from stages.calibration.conditional_logit import Floats
from stages.core import kinds, tables
from stages.core.item_ids import FIRST_ITEM
from stages.core.keys import KEYS
from stages.core.schema import LONG_PREDICTIONS, PREDICTIONS, SCORED_PREDICTIONS

Format: TypeAlias = Literal["parquet", "jsonl", "long", "csv"]
LISTS = ("parquet", "jsonl")  # of one row a list


def write(
    rows: pl.DataFrame,
    ranked: Ints,
    names: pl.DataFrame,
    out: Path,
    *,
    file_format: Format = "parquet",
    scores: Floats | None = None,
) -> None:
    """Write predictions with vacancy ids.

    Args:
        rows: The rows ranked, R.
        ranked: Item ids, best first, 0 behind the last, (R, k).
        names: The vocabulary, by item.
        out: The file, a scratch one.
        file_format: How.
        scores: What each was ranked by, NaN where nothing is known, (R, k); None leaves them out.
    """
    table = flat(rows, ranked, names, scores)
    schema = LONG_PREDICTIONS
    if file_format in LISTS:
        table, schema = listed(rows, table), SCORED_PREDICTIONS
        schema = PREDICTIONS if scores is None else schema
    elif scores is None:
        schema = {name: kind for name, kind in schema.items() if name != "score"}
    if file_format == "jsonl":
        table.select(*schema).write_ndjson(out)
    elif file_format == "csv":
        table.select(*KEYS, *(name for name in schema if name not in KEYS)).write_csv(out)
    else:
        tables.sink(table, out, schema, kinds.MARK if file_format == "parquet" else None)


def flat(
    rows: pl.DataFrame, ranked: Ints, names: pl.DataFrame, scores: Floats | None
) -> pl.DataFrame:
    """Lay lists out, one row a recommendation: row, `KEYS`, rank, vacancy_id, score."""
    row, place = np.nonzero(ranked > 0)
    ids = names["vacancy_id"].gather(ranked[row, place] - FIRST_ITEM)
    worth = np.full(len(row), np.nan) if scores is None else scores[row, place]
    return pl.DataFrame(
        {
            "row": row,
            **{key: rows[key].gather(row) for key in KEYS},
            "rank": (place + 1).astype(np.int32),
            "vacancy_id": ids,
            "score": pl.Series(worth, dtype=pl.Float64).fill_nan(None),
        }
    )


def listed(rows: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """Gather the lists of all rows, empty ones too: `KEYS`, predictions, scores."""
    lists = table.group_by("row", maintain_order=True).agg(predictions="vacancy_id", scores="score")
    return (
        rows.select(KEYS)
        .with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64))
        .join(lists, on="row", how="left", maintain_order="left")
        .with_columns(
            pl.col("predictions").fill_null(pl.lit([], dtype=pl.List(pl.String))),
            pl.col("scores").fill_null(pl.lit([], dtype=pl.List(pl.Float64))),
        )
    )


def name_of(part_file: str, file_format: Format) -> str:
    """Name of a predictions file, by default, from that of its Parquet form."""
    ends: dict[str, str] = {"parquet": ".parquet", "long": ".long.parquet"}
    return part_file.removesuffix(".parquet") + ends.get(file_format, f".{file_format}")
