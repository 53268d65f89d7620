"""What `train` reads, in any size and without a raw log: vacancies and histories drawn at random."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from stages.core import tables
from stages.core.item_ids import FIRST_ITEM
from stages.core.schema import CATEGORICAL, FEATURES, HISTORY, VALIDATION_SEQUENCES, VOCAB
from stages.core.time_units import DAY
from stages.features.code_book import CodeBook
from stages.features.codebooks import CodeBooks, save_books
from stages.params import FeaturesParams

START = 1_700_000_000_000_000  # microseconds
CODES, WORDS = 40, 500


@dataclass(frozen=True)
class World:
    """How much of everything there is."""

    vacancies: int
    users: int
    longest: int = 64
    validation: int = 50
    days: int = 14
    seed: int = 1

    def write(self, out: Path) -> Path:
        """Write vocab.parquet, features and sequences under `out`."""
        generator = np.random.default_rng(self.seed)
        tables.write(self._vocab(), out / "vocab.parquet", VOCAB)
        tables.write(
            self._features(generator), out / "features" / "items" / "bucket-00000.parquet", FEATURES
        )
        save_books(books(), "{}", out / "features" / "books")
        rows = self._rows(generator, self.users)
        tables.write(rows, out / "sequences" / "train" / "bucket-00000.parquet", HISTORY)
        asked = self._rows(generator, self.validation).with_columns(
            session_id=pl.col("user_id"),
            asked_at=pl.lit(START + self.days * DAY).cast(pl.Datetime("us")),
            label=pl.lit("v5"),
            label_item=pl.lit(FIRST_ITEM + 5, pl.Int32),
        )
        target = out / "sequences" / "validation" / "bucket-00000.parquet"
        tables.write(asked, target, VALIDATION_SEQUENCES)
        return out

    def _vocab(self) -> pl.DataFrame:
        ids = np.arange(self.vacancies)
        return pl.DataFrame(
            {"vacancy_id": [f"v{i}" for i in ids], "item": ids + FIRST_ITEM}
        ).with_columns(
            count=pl.lit(2),
            trained=pl.lit(True),
        )

    def _features(self, generator: np.random.Generator) -> pl.DataFrame:
        count = self.vacancies
        codes = {name: generator.integers(0, CODES, count) for name in CATEGORICAL.values()}
        return pl.DataFrame(
            {
                "item": np.arange(count) + FIRST_ITEM,
                **codes,
                "salary_from": generator.random(count),
                "salary_to": generator.random(count),
                "salary_bucket": generator.integers(0, 4, count),
                "title_tokens": _lists(generator.integers(1, WORDS, 6 * count), np.full(count, 6)),
                "skill_tokens": _lists(generator.integers(1, WORDS, 6 * count), np.full(count, 6)),
                "text_tokens": pl.repeat([], count, eager=True, dtype=pl.List(pl.Int32)),
            }
        )

    def _rows(self, generator: np.random.Generator, count: int) -> pl.DataFrame:
        lengths = np.minimum(2 + generator.geometric(0.06, count), self.longest)
        total = int(lengths.sum())
        steps = generator.integers(0, 2, total)
        ordinals = np.cumsum(steps) - np.repeat(
            np.cumsum(steps)[np.cumsum(lengths) - lengths], lengths
        )
        times = np.repeat(generator.integers(0, (self.days - 1) * DAY, count), lengths)
        times += np.arange(total) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return pl.DataFrame(
            {
                "user_id": [f"u{i}" for i in range(count)],
                "items": _lists(
                    generator.integers(FIRST_ITEM, self.vacancies + FIRST_ITEM, total), lengths
                ),
                "actions": _lists(generator.integers(1, 4, total), lengths),
                "times": _lists(START + times, lengths),
                "sessions": _lists(ordinals, lengths),
            }
        ).with_columns(pl.col("times").cast(pl.List(pl.Datetime("us"))))


def books() -> CodeBooks:
    """Code books that say how many codes there are, and nothing of use besides."""
    column = CodeBook(values=tuple(map(str, range(CODES - 2))), hashed=0)
    return CodeBooks(
        params=FeaturesParams(tokens=WORDS),
        rates={},
        columns=dict.fromkeys(CATEGORICAL.values(), column),
        salary_edges=(1.0, 2.0),
        token_count=WORDS,
    )


def _lists(values: np.ndarray, lengths: np.ndarray) -> pl.Series:
    """Cut flat values into lists of the given lengths."""
    owner = np.repeat(np.arange(len(lengths)), lengths)
    flat = pl.DataFrame({"owner": owner, "value": values})
    return flat.group_by("owner", maintain_order=True).agg("value")["value"]
