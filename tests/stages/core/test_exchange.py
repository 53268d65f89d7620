"""Old or new at every instant: a death at any change of the disk, and what the next start finds."""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stages.core import exchange, identity, kinds, outputs

WATCHED = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "open", "shutil.rmtree", "os.chmod")


def write(place: Path, text: str, files: int = 2) -> None:
    made = outputs.prepare(place, kinds.METRICS)
    with made.replacing() as scratch:
        scratch.mkdir()
        for name in ("test.json", "summary.json")[:files]:
            (scratch / name).write_text(text)


def content(place: Path) -> set[str]:
    return {file.read_text() for file in place.iterdir()}


def dies(work: Callable[[], None], number: int, *, plain: bool) -> bool:
    """Run `work` in a child that is killed at its `number`-th change of the disk; false: it ended."""
    child = os.fork()
    if not child:
        left = [number]

        def hook(event: str, given: tuple[object, ...]) -> None:
            if event in WATCHED and not (event == "open" and given[1] in {None, "r", "rb"}):
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)

        if plain:
            exchange.exchanged = lambda one, other: False  # noqa: ARG005
        sys.addaudithook(hook)
        try:
            work()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("plain", [False, True], ids=["exchange", "without exchange"])
def test_a_death_at_any_change_leaves_the_old_or_the_new(tmp_path: Path, *, plain: bool) -> None:
    number = 0
    while True:
        number += 1
        place = tmp_path / str(number) / "metrics"
        place.parent.mkdir()
        write(place, "old")
        died = dies(lambda place=place: write(place, "new"), number, plain=plain)  # type: ignore[misc]
        outputs.prepare(place, kinds.METRICS)  # the next start
        assert content(place) in ({"old"}, {"new"})
        assert len(list(place.iterdir())) == 2
        assert sorted(path.name for path in place.parent.iterdir()) == [".hhrec", "metrics"]
        assert not list(place.parent.rglob("*.part"))
        assert identity.identify(place).manifest is not None
        if not died:
            break
    assert number > 10
    assert content(place) == {"new"}


def test_between_two_renames_the_old_comes_back(tmp_path: Path) -> None:
    write(tmp_path / "metrics", "old")
    (tmp_path / "metrics").rename(tmp_path / ".metrics.0123abcd.old")
    exchange.recover(tmp_path / "metrics")
    assert content(tmp_path / "metrics") == {"old"}


def test_litter_goes_and_what_only_looks_like_it_stays(tmp_path: Path) -> None:
    (tmp_path / ".metrics.0123abcd.part").mkdir()
    (tmp_path / ".metrics.0123abcd.part" / "x").write_text("half")
    for name in (".metrics.part", ".metrics.mine.old", ".other.0123abcd.part"):
        (tmp_path / name).write_text("mine")
    exchange.recover(tmp_path / "metrics")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".metrics.mine.old",
        ".metrics.part",
        ".other.0123abcd.part",
    ]


def test_files_get_the_modes_of_new_ones(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        made = outputs.prepare(tmp_path / "scores.json", kinds.SCORES)
        with made.replacing() as scratch:
            scratch.write_text("{}")
            scratch.chmod(0o600)
    finally:
        os.umask(old)
    assert (tmp_path / "scores.json").stat().st_mode & 0o777 == 0o640


def test_a_file_replaces_a_file_and_a_directory_a_directory(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text(name)
    exchange.put(tmp_path / "one", tmp_path / "two")
    assert not (tmp_path / "one").exists()
    assert [file.name for file in (tmp_path / "two").iterdir()] == ["one"]


def test_a_tree_is_gone_from_its_place_before_any_file_of_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while it is removed, a model without some of its files stands nowhere by its name."""
    tree = tmp_path / "best"
    tree.mkdir()
    (tree / "file").touch()
    standing: list[bool] = []
    removed = shutil.rmtree

    def spy(path: Path, **named: bool) -> None:
        standing.append(tree.exists())
        removed(path, **named)

    monkeypatch.setattr(shutil, "rmtree", spy)
    exchange.remove(tree)
    assert standing == [False]
    assert not list(tmp_path.iterdir())
