"""Scores do not depend on how lists are cut into blocks, and are what all at once would give."""

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest

from stages.core.keys import KEYS
from stages.evaluate.scores import ranks_of, score
from stages.scoring import metrics
from stages.scoring.congestion import Shown
from stages.scoring.predicted_lists import PredictedLists, of_table
from tests.oracles import resampling

CATALOGUE = pl.Series([f"v{number}" for number in range(30)])
EMPLOYERS = pl.DataFrame({"vacancy_id": CATALOGUE, "employer": [f"e{n % 4}" for n in range(30)]})


@pytest.fixture(scope="module")
def world() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Labels of 40 rows, and predictions for 50 of which 35 are labelled."""
    generator = np.random.default_rng(1)
    keys = {"user_id": [f"u{n:02}" for n in range(55)], "session_id": ["s"] * 55}
    ids = [f"v{n}" for n in range(33)]  # three are not in the catalogue
    lists = [
        generator.choice(ids, int(generator.integers(0, 12)), replace=False).tolist()
        for _ in range(55)
    ]
    rows = pl.DataFrame({**keys, "predictions": lists}).sample(55, shuffle=True, seed=2)
    labels = pl.DataFrame({**keys, "vacancy_id": generator.choice(ids, 55).tolist()})
    return labels.head(40), rows.filter(~pl.col("user_id").is_in([f"u{n:02}" for n in range(5)]))


def cut(table: pl.DataFrame, size: int) -> PredictedLists:
    def parts() -> Iterator[pl.DataFrame]:
        for start in range(0, len(table), size):
            yield table.select("predictions").slice(start, size)

    return PredictedLists(table.select(KEYS), parts)


def scored(labels: pl.DataFrame, lists: PredictedLists):
    cuts = pl.DataFrame([pl.Series("half", ["a", "b"] * 20, pl.Enum(["a", "b"]))])
    return score(
        labels, lists, cuts=cuts, catalogue=CATALOGUE, employers=EMPLOYERS, resamples=100, seed=3
    )


@pytest.mark.parametrize("size", [1, 7, 49])
def test_scores_are_the_same_in_any_blocks(
    world: tuple[pl.DataFrame, pl.DataFrame], size: int
) -> None:
    labels, rows = world
    whole, found = scored(labels, of_table(rows)), scored(labels, cut(rows, size))
    assert found.score.model_dump_json() == whole.score.model_dump_json()
    assert np.array_equal(found.ranks, metrics.ranks(labels, rows))
    assert np.array_equal(ranks_of(labels, cut(rows, size)), found.ranks)
    assert whole.score.unpredicted == 40 - len(
        rows.filter(pl.col("predictions").list.len() > 0).join(labels, on=KEYS)
    )


def test_spread_and_coverage_are_those_of_all_lists_at_once(
    world: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    from stages.core.seeds import derive

    labels, rows = world
    found = scored(labels, cut(rows, 9)).score
    asked = rows.join(labels, on=KEYS, how="semi").sort(KEYS)
    known = CATALOGUE.to_list()
    pairs = [
        (row, known.index(one))
        for row, lists in enumerate(asked["predictions"].to_list())
        for one in lists
        if one in known
    ]
    numbers, codes = (np.array(part) for part in zip(*pairs, strict=True))
    covered = resampling.coverage(codes, numbers, len(asked), 30, derive(3, "evaluate", "coverage"))
    assert (found.metrics["coverage"], *found.intervals["coverage"]) == covered
    crowd = resampling.crowding(
        Shown(numbers, codes, len(asked), 30), derive(3, "evaluate", "congestion")
    )
    for name, one in crowd.items():
        spread = found.spread[name]
        assert (spread.value, spread.low, spread.high) == one
