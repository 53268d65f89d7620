"""Shards cover each row once; a finished one is believed only where it is whole and of this run."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.calibration.recommender_choice import ChosenLists
from stages.params import SeenParams
from stages.predict.shards import Shards, cut, joined, shards_of

SEEN = SeenParams(response="last", favourite="keep", view="keep")


def lists_of(rows: np.ndarray, by: str = "model") -> ChosenLists:
    """Lists that say which row they are of."""
    items = np.stack([rows + 2, rows + 3], axis=1).astype(np.int32)
    return ChosenLists(items, items / 7, [9, 5], {by: len(rows)}, SEEN)


@given(st.lists(st.integers(0, 1), max_size=60), st.integers(1, 20))
def test_a_cut_covers_each_row_once_and_mixes_no_owners(owners: list[int], size: int) -> None:
    parts = cut(np.array(owners, dtype=np.int64), size)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(owners)))
    assert all(len({owners[row] for row in part.tolist()}) <= 1 for part in parts)
    assert max(map(len, parts)) <= size
    assert len(parts) <= 2 + len(owners) // size


@given(st.lists(st.integers(0, 1), min_size=1, max_size=40), st.integers(1, 9), st.randoms())
def test_shards_put_together_are_the_whole_in_any_order(
    owners: list[int], size: int, random: st.DrawFn
) -> None:
    parts = [(rows, lists_of(rows)) for rows in cut(np.array(owners), size)]
    random.shuffle(parts)  # type: ignore[attr-defined]
    found, whole = joined(parts), lists_of(np.arange(len(owners)))
    assert np.array_equal(found.lists, whole.lists)
    assert np.array_equal(found.scores, whole.scores)
    assert (found.by, max(found.pools), min(found.pools)) == ({"model": len(owners)}, 9, 5)


def test_who_answered_is_added_up() -> None:
    first, second = np.array([0, 2]), np.array([1])
    found = joined([(first, lists_of(first)), (second, lists_of(second, "popular"))])
    assert found.by == {"model": 2, "popular": 1}


def test_a_finished_shard_is_read_as_it_was_written(tmp_path: Path) -> None:
    kept, rows = Shards(tmp_path, "a" * 64), np.array([3, 5])
    made = lists_of(rows)
    made.scores[0, 1] = np.nan
    kept.write(2, rows, made)
    found = kept.read(2, rows)
    assert found is not None
    assert np.array_equal(found.lists, made.lists)
    assert np.array_equal(found.scores, made.scores, equal_nan=True)
    assert (found.pools, found.by, found.seen) == (made.pools, made.by, made.seen)
    assert kept.read(1, rows) is None
    assert kept.read(2, np.array([3, 4])) is None


@pytest.mark.parametrize("broken", ["short", "flipped", "other key", "not ours", "directory"])
def test_a_shard_that_is_not_whole_or_of_another_run_is_not_believed(
    tmp_path: Path, broken: str
) -> None:
    kept, rows = Shards(tmp_path, "a" * 64), np.array([3, 5])
    kept.write(0, rows, lists_of(rows))
    file = kept.path(0)
    content = bytearray(file.read_bytes())
    if broken == "short":
        file.write_bytes(content[:-8])
    elif broken == "flipped":
        content[-1] ^= 1
        file.write_bytes(content)
    elif broken == "other key":
        kept = Shards(tmp_path, "a" * 16 + "b" * 48)
    elif broken == "not ours":
        file.write_text("{}")
    else:
        file.unlink()
        file.mkdir()
    assert kept.read(0, rows) is None


def test_shards_of_other_predictions_are_swept_away(tmp_path: Path) -> None:
    rows = np.array([0])
    old, new = (shards_of(tmp_path / "p.parquet", key * 64) for key in "ab")
    old.write(0, rows, lists_of(rows))
    new.write(1, rows, lists_of(rows))
    (new.folder / ".half.00000000.part").touch()
    new.sweep()
    assert [file.name for file in new.folder.iterdir()] == [new.path(1).name]
    assert new.folder == tmp_path / ".hhrec" / "p.parquet.shards"
    new.clear()
    assert not new.folder.exists()
    new.sweep()
