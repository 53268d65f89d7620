"""Artifacts of a stated shape, as `train` and `predict` read them: `python shapes.py NAME OUT`.

`ml1m` has MovieLens-1M's shape and something to learn: users roam a few clusters of films, a film
has likely successors, popularity is skewed, nothing is seen twice, and everybody's last film is
held out. The `items…` shapes have many items, each met at least once, and histories as long as
those of the default sample. Vacancies have no content: a model learns from ids alone, as the peers
do. A shape is a function of its name and size; nothing is downloaded.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from stages import features
from stages.core import tables
from stages.core.buckets import bucket_path
from stages.core.item_ids import FIRST_ITEM
from stages.core.schema import (
    HISTORY,
    LABELS,
    RAW_VACANCIES,
    TEST_SEQUENCES,
    VALIDATION_SEQUENCES,
    VOCAB,
)
from stages.params import validated
from tests.benchmarks.worlds import Ints, by_popularity, draws, walks

START = 1_700_000_000_000_000  # microseconds since 1970: 14 November 2023
MINUTE = 60_000_000  # microseconds
SPAN = 14 * 24 * 60  # minutes
ASKED = 20_000  # most rows to predict for


@dataclass(frozen=True)
class Shape:
    """How large a log is; `max_length` is the window that a model sees."""

    users: int
    items: int
    max_length: int
    clusters: int = 0  # 0: plain draws, and nothing held out


SHAPES = {
    "ml1m": Shape(6_040, 3_706, 200, clusters=40),
    "items100k": Shape(20_000, 100_000, 64),
    "items1m": Shape(120_000, 1_000_000, 64),
    "items2734k": Shape(320_000, 2_734_129, 64),
}


def scaled(name: str, size: float) -> Shape:
    """A shape, or one with fewer users and items to prove the harness with (`size` below 1)."""
    shape = SHAPES[name]
    users, items = max(int(shape.users * size), 60), max(int(shape.items * size), 200)
    return replace(shape, users=users, items=items, clusters=min(shape.clusters, items // 20))


def write(name: str, out: Path, size: float = 1.0) -> Shape:
    """Write sequences, features, vocab.parquet and labels.parquet (of the test rows) under `out`."""
    shape = scaled(name, size)
    generator = np.random.default_rng([shape.users, shape.items])
    if shape.clusters:
        met = walks(shape.users, shape.items, shape.clusters, generator)
    else:
        met = draws(shape.users, shape.items, generator)
    held_out = 2 if shape.clusters else 0
    histories, counts = by_popularity(met, FIRST_ITEM, held_out)
    write_vocab(counts, out / "vocab.parquet")
    write_features(len(counts), out)
    users = pl.Series("user_id", [f"u{number:07d}" for number in range(len(histories))])
    whole = timed(histories, generator).with_columns(users)
    write_sequences(whole, out, held_out=held_out > 0)
    return shape


def write_vocab(counts: Ints, path: Path) -> None:
    """All items, most frequent first; those with a train event have an id embedding."""
    frame = pl.DataFrame({"count": counts, "trained": counts > 0}).with_row_index("row")
    frame = frame.with_columns(named(pl.col("row")), item=pl.col("row") + FIRST_ITEM)
    tables.write(frame, path, VOCAB)


def named(row: pl.Expr) -> pl.Expr:
    """Ids of vacancies by place in the vocabulary."""
    return ("v" + row.cast(pl.String)).alias("vacancy_id")


def write_features(count: int, out: Path) -> None:
    """Features of vacancies that nothing is known of."""
    nothing = pl.DataFrame(schema=RAW_VACANCIES).clear(count).drop("vacancy_id")
    catalogue = nothing.with_row_index("row").with_columns(named(pl.col("row")))
    raw = out / "vacancies.parquet"
    tables.write(catalogue, raw, RAW_VACANCIES)
    params = validated({"features": {"tokens": 100}}, where="shapes")
    features.run(params, vacancies=raw, vocab=out / "vocab.parquet", out=out / "features")


def write_sequences(whole: pl.DataFrame, out: Path, *, held_out: bool) -> None:
    """Leave-one-out: the last item is the test label, the one before it the validation label.

    Without `held_out` everything is trained on, and test rows have no label.
    """
    parts, nothing = out / "sequences", 0 if held_out else ASKED
    train, test = (without(whole, 2), asking(whole, 1)) if held_out else (whole, asking(whole, 0))
    tables.write(train, bucket_path(parts / "train", 0), HISTORY)
    tables.write(test, bucket_path(parts / "test", 0), TEST_SEQUENCES)
    tables.write(test.slice(nothing), out / "labels.parquet", LABELS)
    validation = asking(whole, 2).slice(nothing).rename({"vacancy_id": "label"})
    tables.write(validation, bucket_path(parts / "validation", 0), VALIDATION_SEQUENCES)


def without(whole: pl.DataFrame, last: int) -> pl.DataFrame:
    """Histories without their last events."""
    kept = pl.col("items").list.len() - last
    return whole.with_columns(pl.col("items", "actions", "times", "sessions").list.head(kept))


def asking(whole: pl.DataFrame, last: int) -> pl.DataFrame:
    """Rows that ask for the first of the last events."""
    label = pl.col("items").list.get(-max(last, 1))
    answers = whole.select(named(label - FIRST_ITEM), label_item=label)
    rows = without(whole, last).with_columns(
        *answers, session_id=pl.lit("next"), asked_at=pl.col("times").list.last()
    )
    return rows.head(ASKED)


def timed(histories: list[Ints], generator: np.random.Generator) -> pl.DataFrame:
    """Add actions (all responses), times within two weeks, and sessions: a pause in twenty events."""
    lengths = np.array([len(items) for items in histories])
    ends = np.cumsum(lengths)
    owner = np.repeat(np.arange(len(lengths)), lengths)
    pause = generator.random(ends[-1]) < 0.05
    passed = np.cumsum(np.where(pause, generator.integers(30, 24 * 60, ends[-1]), 1))
    sessions, first = np.cumsum(pause), (ends - lengths)[owner]
    minutes, whole = passed - passed[first], (passed[ends - 1] - passed[ends - lengths])[owner]
    minutes = (minutes * np.minimum(1.0, SPAN / np.maximum(whole, 1))).astype(np.int64)
    flat = pl.DataFrame(
        {
            "owner": owner,
            "items": np.concatenate(histories),
            "actions": np.ones(len(owner), dtype=np.int8),
            "times": pl.Series(START + minutes * MINUTE).cast(pl.Datetime("us")),
            "sessions": sessions - sessions[first],
        }
    )
    return flat.group_by("owner", maintain_order=True).all()


def main() -> None:
    """Write a shape from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SHAPES)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", type=float, default=1.0, help="share of the users and items")
    given = parser.parse_args()
    write(given.name, given.out, given.size)


if __name__ == "__main__":
    main()
