"""Made-up histories of people: what a recommender is asked about."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

NOW = datetime.fromisoformat("2023-11-14T12:00:00+00:00")
KNOWN = 20_000  # first vacancies of a bundle: the most frequent ones


def histories(ids: Sequence[str], count: int, seed: int = 1) -> list[list[dict[str, Any]]]:
    """Histories of 20 events on average, a third of them of vacancies met before."""
    generator = np.random.default_rng(seed)
    return [one(ids, generator) for _ in range(count)]


def one(ids: Sequence[str], generator: np.random.Generator) -> list[dict[str, Any]]:
    """One person's events, oldest first: mostly views, some favourites and responses."""
    length = min(1 + int(generator.exponential(20)), 200)
    reach = min(KNOWN, len(ids))
    places = (generator.random(length) ** 2 * reach).astype(int)
    for place in np.flatnonzero(generator.random(length) < 1 / 3):
        places[place] = places[generator.integers(0, place + 1)]
    minutes = np.cumsum(generator.pareto(1.0, length) * 2)[::-1].clip(0, 20_000)
    kinds = generator.choice(["view", "favourite", "response"], length, p=[0.7, 0.1, 0.2])
    return [
        {
            "vacancy_id": ids[place],
            "action_type": str(kind),
            "action_dt": (NOW - timedelta(minutes=float(ago))).isoformat(timespec="seconds"),
        }
        for place, kind, ago in zip(places.tolist(), kinds, minutes.tolist(), strict=True)
    ]
