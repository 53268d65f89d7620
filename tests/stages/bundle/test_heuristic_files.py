"""Plain recommenders from files rank as those that were learned."""

from pathlib import Path

import polars as pl

from stages.bundle import array_files, heuristic_files
from stages.calibration import heuristics
from stages.params import Params
from tests.worlds import calibrated

NAMES = heuristics.CHEAP + heuristics.DEAR


def test_recommenders_come_back(tmp_path: Path) -> None:
    rows, params = calibrated.rows(), Params()
    learned = heuristics.learn(NAMES, train=rows.lazy(), vocab=calibrated.vocab(), params=params)
    arrays, numbers = heuristic_files.arrays_of(learned)
    array_files.save(tmp_path, arrays)
    size = len(learned.counts)
    found = heuristic_files.opened(tmp_path, NAMES, numbers, size, params)
    assert found.end == learned.end
    assert found.counts.tolist() == learned.counts.tolist()
    expected, again = learned.ranks(rows), found.ranks(rows)
    assert again.keys.tolist() == expected.keys.tolist()
    assert again.ranks.tolist() == expected.ranks.tolist()


def test_nothing_learned_is_kept_too(tmp_path: Path) -> None:
    none = calibrated.rows().clear()
    vocab = calibrated.vocab().with_columns(pl.lit(0).alias("count"))
    learned = heuristics.learn(NAMES, train=none.lazy(), vocab=vocab, params=Params())
    arrays, numbers = heuristic_files.arrays_of(learned)
    array_files.save(tmp_path, arrays)
    found = heuristic_files.opened(tmp_path, NAMES, numbers, len(learned.counts), Params())
    assert (
        found.ranks(calibrated.rows()).keys.tolist()
        == learned.ranks(calibrated.rows()).keys.tolist()
    )
