"""The best baseline's lists beside the model's."""

from pathlib import Path

import polars as pl
import pytest

from stages.baselines import stage as baselines
from stages.report import metrics_reader, session_cards, session_sample
from stages.report.heuristic_lists import attached
from stages.report.markup import glue
from stages.report.optional_parts import Paths


@pytest.mark.parametrize("count", [3, 0])
def test_lists_are_those_of_the_baseline(world: Path, count: int) -> None:
    choice = session_sample.choose(
        world / "sequences",
        world / "vocab.parquet",
        part="test",
        labels=world / "raw" / "labels.parquet",
        predictions=world / "predictions.parquet",
        count=count,
        seed=1,
    )
    found = metrics_reader.parts(world / "metrics")["test"]
    shown = attached(choice, found, Paths(world / "raw", world))
    name = found["best_baseline"]
    assert name in baselines.BASELINES
    if not count:
        assert shown == choice
        return
    assert shown.heuristic == name
    catalogue = set(pl.read_parquet(world / "vocab.parquet")["vacancy_id"])
    for row in shown.rows:
        assert 0 < len(row["heuristic"]) <= session_sample.SHOWN
        assert set(row["heuristic"]) <= catalogue
    assert set(shown.rows[0]["heuristic"]) <= set(session_sample.wanted(shown))
    text = str(glue(session_cards.sample(shown, {})))
    assert text.count("Best heuristic: ") == count
    assert attached(choice, None, Paths(world / "raw", world)) == choice


def test_badges_are_coloured_by_rank() -> None:
    ranks = [0, 1, 3, 4, 10, 11]
    kinds = [None, "top", "top", "high", "high", None]
    assert [session_cards.height(rank) for rank in ranks] == kinds
