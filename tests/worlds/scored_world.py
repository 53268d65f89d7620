"""A small world for evaluation: contexts, vocabulary, labels and a model's predictions on disk."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from stages.core import schema, tables
from stages.core.keys import KEYS

ITEMS = 150
ROWS = 40
START = datetime(2023, 11, 1)  # noqa: DTZ001  times inside hhrec have no zone


@dataclass(frozen=True)
class World:
    root: Path

    @property
    def sequences(self) -> Path:
        return self.root / "sequences"

    @property
    def vocab(self) -> Path:
        return self.root / "vocab.parquet"

    @property
    def labels(self) -> Path:
        return self.root / "raw" / "labels.parquet"

    @property
    def predictions(self) -> Path:
        return self.root / "predictions.parquet"

    @property
    def validation_predictions(self) -> Path:
        return self.root / "validation_predictions.parquet"

    def inputs(self) -> dict[str, Path]:
        """Name what `evaluate.run` reads, by its keywords."""
        names = ("predictions", "validation_predictions", "labels", "sequences", "vocab")
        return {**{name: getattr(self, name) for name in names}, "raw": self.root / "raw"}


def build(root: Path, *, seed: int = 0) -> World:
    """Write a world in which every other label is a vacancy of the row's own context."""
    world, generator = World(root), np.random.default_rng(seed)
    tables.write(vocab(), world.vocab, schema.VOCAB)
    for part, file in (("test", world.predictions), ("validation", world.validation_predictions)):
        rows = contexts(part, generator)
        bucket = world.sequences / part / "bucket-00000.parquet"
        kind = schema.TEST_SEQUENCES if part == "test" else schema.VALIDATION_SEQUENCES
        tables.write(rows, bucket, kind)
        tables.write(guesses(rows, generator), file, schema.PREDICTIONS)
        if part == "test":
            tables.write(rows.rename({"label": "vacancy_id"}), world.labels, schema.LABELS)
    tables.write(rows, world.sequences / "train" / "bucket-00000.parquet", schema.HISTORY)
    return world


def vocab() -> pl.DataFrame:
    counts = [(20, 5, 0)[3 * number // ITEMS] for number in range(ITEMS)]
    return pl.DataFrame(
        {
            "vacancy_id": [f"v{number}" for number in range(ITEMS)],
            "item": list(range(3, 3 + ITEMS)),
            "count": counts,
            "trained": [count >= 2 for count in counts],
        }
    )


def contexts(part: str, generator: np.random.Generator) -> pl.DataFrame:
    """Random contexts, some empty, some with unknown vacancies; `schema.VALIDATION_SEQUENCES`."""
    rows = []
    for number in range(ROWS):
        size = int(generator.integers(0, 12))
        items = generator.choice([1, *range(3, 3 + ITEMS)], size=size).tolist()
        own = [item for item in items if item > 1]
        label = own[0] if own and number % 2 else int(generator.integers(3, 3 + ITEMS))
        rows.append(
            {
                "user_id": f"u{number}",
                "session_id": f"{part}-{number}",
                "items": items,
                "actions": generator.integers(0, 4, size=size).tolist(),
                "times": [START + timedelta(minutes=minute) for minute in range(size)],
                "sessions": [0] * size,
                "asked_at": START + timedelta(days=1),
                "label": f"v{label - 3}",
                "label_item": label,
            }
        )
    return pl.DataFrame(rows, schema=dict(schema.VALIDATION_SEQUENCES))


def guesses(rows: pl.DataFrame, generator: np.random.Generator) -> pl.DataFrame:
    """A model that knows a third of the labels, somewhere among its first ten."""
    found = []
    for label in rows["label"]:
        others = [name for name in generator.permutation(vocab()["vacancy_id"]) if name != label]
        if generator.random() < 1 / 3:
            others.insert(int(generator.integers(10)), label)
        found.append([str(name) for name in others[:100]])
    return rows.select(KEYS).with_columns(predictions=pl.Series(found, dtype=pl.List(pl.String)))
