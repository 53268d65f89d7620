"""Rows of users, a recommender that learned from them, and a calibration with training's weights."""

from typing import Any

import numpy as np
import polars as pl

from stages.calibration import heuristics
from stages.calibration.candidate_table import names, start
from stages.calibration.fitting import FOLDS
from stages.core.calibration_file import MODEL, Calibration
from stages.core.item_ids import FIRST_ITEM
from stages.core.schema import TEST_SEQUENCES, VOCAB
from stages.params import Params
from tests.worlds.small_model import ITEMS, TRAINED

LISTS = ("popular",)
HOUR, END = 3_600_000_000, 10**15  # microseconds


def rows(count: int = 12) -> pl.DataFrame:
    """Contexts of some users, which end at END: `schema.TEST_SEQUENCES`."""
    generator = np.random.default_rng(2)
    found = []
    for number in range(count):
        size = int(generator.integers(1, 9))
        found.append(
            {
                "user_id": f"user-{number}",
                "session_id": "s",
                "items": generator.integers(FIRST_ITEM, FIRST_ITEM + ITEMS, size).tolist(),
                "actions": generator.integers(1, 4, size).tolist(),
                "times": [END - HOUR * place for place in reversed(range(size))],
                "sessions": [0] * size,
                "asked_at": END,
            }
        )
    plain = {"times": pl.List(pl.Int64), "asked_at": pl.Int64}
    table = pl.DataFrame(found, schema={**TEST_SEQUENCES, **plain})
    return table.cast({name: TEST_SEQUENCES[name] for name in plain})  # type: ignore[arg-type]


def vocab() -> pl.DataFrame:
    """The small catalogue, each vacancy rarer than the one before it."""
    return pl.DataFrame(
        {
            "vacancy_id": [f"v{number}" for number in range(ITEMS)],
            "item": range(FIRST_ITEM, FIRST_ITEM + ITEMS),
            "count": range(ITEMS, 0, -1),
            "trained": [number < TRAINED for number in range(ITEMS)],
        },
        schema=dict(VOCAB),
    )


def learned() -> heuristics.Heuristics:
    """The popular vacancies of these rows."""
    return heuristics.learn(LISTS, train=rows().lazy(), vocab=vocab(), params=Params())


def calibration(**changes: Any) -> Calibration:
    """The weights of training, for all rows and each fold."""
    weights = dict(zip(names(LISTS), start(LISTS).tolist(), strict=True))
    keep = {"response": "keep", "favourite": "keep", "view": "keep"}
    given = {
        "heuristics": LISTS,
        "weights": weights,
        "fold_weights": (weights,) * FOLDS,
        "seen": keep,
        "lag": 0,
        "rows": 12,
        "mrr_100": 0.5,
        "baselines": {"popular": {"mrr_100": 0.6, "seen": keep | {"response": "hide"}}},
        "answers": MODEL,
    }
    return Calibration(**given | changes)
