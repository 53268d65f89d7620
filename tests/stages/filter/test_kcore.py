"""The k-core by hand, over two files."""

from pathlib import Path

import polars as pl
import pytest

from stages.core.engines.engine import Memory
from stages.core.engines.local import Local
from stages.filter import kcore

HERE = Local(Memory(1 << 30, 2))

SCHEMA = {"user_id": pl.String, "vacancy_id": pl.String, "events": pl.Int64}
LEFT = [("ann", "a", 2), ("ann", "b", 1)]
RIGHT = [("bob", "a", 1), ("bob", "c", 1)]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    names = [tmp_path / "0.arrow", tmp_path / "1.arrow"]
    for name, rows in zip(names, (LEFT, RIGHT), strict=True):
        pl.DataFrame(rows, schema=SCHEMA, orient="row").write_ipc(name)
    return names


def rest(files: list[Path]) -> list[tuple[str, str, int]]:
    return pl.concat([pl.read_ipc(file) for file in files]).rows()


@pytest.mark.parametrize(
    ("item", "user", "limit", "left", "rounds", "dropped"),
    [
        (1, 1, 0, [*LEFT, *RIGHT], 1, (0, 0)),
        (2, 1, 0, [("ann", "a", 2), ("bob", "a", 1)], 1, (2, 0)),
        (2, 2, 0, [("ann", "a", 2)], 1, (2, 1)),  # bob has one event left; a still has two
        (3, 2, 0, [], 2, (4, 1)),  # without bob a has too few, too
        (3, 2, 1, [("ann", "a", 2)], 1, (2, 1)),
        (1, 3, 0, LEFT, 1, (0, 2)),
        (4, 1, 0, [], 1, (5, 0)),
    ],
)
def test_rare_vacancies_go_then_poor_users_and_so_on(
    files: list[Path],
    item: int,
    user: int,
    limit: int,
    left: list[tuple[str, str, int]],
    rounds: int,
    dropped: tuple[int, int],
) -> None:
    core = kcore.shrink(HERE, files, min_item_events=item, min_user_events=user, rounds=limit)
    assert rest(core.files) == left
    assert core.rounds == rounds
    assert (core.dropped["min_item_events"], core.dropped["min_user_events"]) == dropped


def test_a_file_from_which_nothing_goes_is_not_written_again(files: list[Path]) -> None:
    core = kcore.shrink(HERE, files, min_item_events=1, min_user_events=3, rounds=0)
    assert core.files == [files[0], files[1].with_name("1@1.arrow")]
    assert not files[1].exists()


def test_a_round_may_be_worked_on_twice(files: list[Path], tmp_path: Path) -> None:
    """As a cluster does when it is in doubt."""
    pl.DataFrame({"vacancy_id": ["c"]}).write_ipc(tmp_path / "rare.arrow")
    found = [kcore.shrunk(tmp_path / "rare.arrow", 1, 7, files[1]) for _ in range(2)]
    assert found[0] == found[1]
    assert found[0].counts == {"changed": 1, "min_item_events": 1, "min_user_events": 0}
    assert rest([files[1].with_name("1@7.arrow")]) == [("bob", "a", 1)]


def test_items_are_counted_over_all_files(files: list[Path]) -> None:
    assert sorted(kcore.items(HERE, files).rows()) == [("a", 3), ("b", 1), ("c", 1)]


def test_pairs_weigh_as_much_as_they_have_events() -> None:
    events = pl.LazyFrame({"user_id": ["u", "u", "v"], "vacancy_id": ["a", "a", "a"], "x": 1})
    found = kcore.pairs(events).collect()
    assert found.schema == SCHEMA
    assert sorted(found.rows()) == [("u", "a", 2), ("v", "a", 1)]
