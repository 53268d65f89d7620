"""Places where nothing is written, whatever stands there, and how the refusal says so."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from stages.core import kinds, outputs, ownership
from stages.core.kinds import METRICS, VOCAB, Kind
from stages.interface import failures
from stages.interface.errors import HhrecError


def refusal(path: Path, kind: Kind = METRICS, *protected: Path) -> HhrecError:
    """The error with which a place is refused."""
    with pytest.raises(HhrecError) as caught:
        ownership.require(path, kind, protected)
    return caught.value


def said(path: Path, kind: Kind = METRICS, *protected: Path) -> str:
    """What a refusal says behind the place."""
    message = refusal(path, kind, *protected).message
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home and a working directory of the test's own."""
    (tmp_path / "people" / "ann").mkdir(parents=True)
    (tmp_path / "desk" / "work").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "people" / "ann"))
    monkeypatch.chdir(tmp_path / "desk" / "work")


@pytest.mark.parametrize("path", [Path("/"), Path(), Path(".."), Path("a\0b")])
def test_a_place_without_a_name_is_refused(path: Path) -> None:
    error = refusal(path)
    assert error.message == (
        f"{str(path)!r}: expected the name of a file or directory to write, found none"
    )
    assert error.hint == "name one, for example artifacts/new"


@pytest.mark.parametrize("name", ["desk", "desk/work", "desk/work/../work"])
def test_the_working_directory_and_what_holds_it_are_left_alone(tmp_path: Path, name: str) -> None:
    place = tmp_path / "desk" / "work"
    assert said(tmp_path / name) == f"is or holds the working directory {place}: it is left alone"
    assert refusal(tmp_path / name).hint == "name another place"


@pytest.mark.parametrize("name", ["people", "people/ann"])
def test_the_home_directory_and_what_holds_it_are_left_alone(tmp_path: Path, name: str) -> None:
    home = tmp_path / "people" / "ann"
    assert said(tmp_path / name) == f"is or holds the home directory {home}: it is left alone"
    ownership.require(home / "new", METRICS)


def test_a_disk_mounted_there_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "disk").mkdir()
    monkeypatch.setattr(os.path, "ismount", lambda path: path == tmp_path / "disk")
    error = refusal(tmp_path / "disk")
    assert error.message == f"{tmp_path / 'disk'}: a disk is mounted there: it is left alone"
    assert error.hint == "name another place"


def a_file(path: Path) -> None:
    path.write_text("mine")


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


FORMS: list[tuple[Callable[[Path], None], Kind, str]] = [
    (a_file, METRICS, "expected a directory or nothing, found a file"),
    (Path.mkdir, VOCAB, "expected a file or nothing, found a directory"),
    (a_pipe, METRICS, "expected a directory or nothing, found a device, pipe or socket"),
    (a_pipe, VOCAB, "expected a file or nothing, found a device, pipe or socket"),
]


@pytest.mark.parametrize(("make", "kind", "message"), FORMS)
def test_another_form_is_named(
    tmp_path: Path, make: Callable[[Path], None], kind: Kind, message: str
) -> None:
    make(tmp_path / "there")
    assert said(tmp_path / "there", kind) == message
    assert refusal(tmp_path / "there", kind).hint == "name another place"


def test_a_link_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    error = refusal(tmp_path / "link")
    assert error.message == (
        f"{tmp_path / 'link'}: a link to {tmp_path / 'nowhere'}; "
        "a link is not replaced, nor what it leads to"
    )
    assert error.hint == "name another place, or the one that the link leads to"


@pytest.mark.parametrize(("count", "shown"), [(1, "0"), (3, "0, 1, 2"), (4, "0, 1, 2 …")])
def test_at_most_three_foreign_files_are_named(tmp_path: Path, count: int, shown: str) -> None:
    (tmp_path / "there").mkdir()
    for name in range(count):
        (tmp_path / "there" / str(name)).write_text("mine")
    error = refusal(tmp_path / "there")
    assert error.message == (
        f"{tmp_path / 'there'}: holds {shown}, which `hhrec evaluate` did not write: "
        "the directory is left alone"
    )
    assert error.hint == "name another place, or move these files away"


def test_what_has_no_manifest_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "test.json").write_text("{}")
    error = refusal(tmp_path / "there")
    assert error.message == (
        f"{tmp_path / 'there'}: nothing says that `hhrec evaluate` wrote what stands there "
        f"(expected metrics with a manifest in {tmp_path / '.hhrec'}): it is left alone"
    )
    assert error.hint == "name another place, or move it away"


def test_what_another_command_wrote_is_named(tmp_path: Path) -> None:
    with outputs.prepare(tmp_path / "there", METRICS).replacing() as scratch:
        scratch.mkdir()
        (scratch / "test.json").write_text("{}")
    error = refusal(tmp_path / "there", kinds.EVENTS)
    assert error.message == (
        f"{tmp_path / 'there'}: holds metrics that `hhrec evaluate` wrote; events would replace it"
    )
    assert error.hint == "name another place for `hhrec explode`"


def test_inputs_are_named(tmp_path: Path) -> None:
    given = tmp_path / "logs" / "raw"
    given.mkdir(parents=True)
    (tmp_path / "logs" / "table").write_text("")
    for place in (given, tmp_path / "logs"):
        assert said(place, METRICS, given) == f"would replace {given}, which the same command reads"
    inside = refusal(given / "a" / "new", METRICS, tmp_path / "other", given)
    assert inside.message == (
        f"{given / 'a' / 'new'}: lies inside {given}, which the same command reads"
    )
    assert inside.hint == "name another place"
    assert refusal(given, METRICS, given).hint == "name another place"


def test_nothing_stands_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for name in ("file/new", "file/a/b/new"):
        assert said(tmp_path / name) == (
            f"{tmp_path / 'file'} is a file, so nothing can stand below it"
        )
        assert refusal(tmp_path / name).hint == "name another place"


def test_a_name_leaves_room_for_what_we_add_to_it(tmp_path: Path) -> None:
    longest = os.pathconf(tmp_path, "PC_NAME_MAX") - ownership.ROOM
    ownership.require(tmp_path / ("я" * (longest // 2)) / ("b" * longest), METRICS)
    error = refusal(tmp_path / "a" / ("b" * (longest + 1)) / "c")
    assert error.message == (
        f"{'b' * 60}…: a name of {longest + 1} bytes, expected at most {longest}"
    )
    assert error.hint == "choose a shorter name"
    assert "я" * 60 in refusal(tmp_path / ("я" * (longest // 2 + 1))).message


@pytest.mark.parametrize("missing", [os.W_OK, os.X_OK])
def test_a_directory_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: int
) -> None:
    """Root may write anywhere, so the answer of the system is made up."""
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path or not mode & missing)
    for name in ("new", "a/b/new"):
        assert said(tmp_path / name) == f"{tmp_path} cannot be written"
        assert refusal(tmp_path / name).hint == failures.ELSEWHERE


def test_a_read_only_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disks = {tmp_path: SimpleNamespace(f_flag=os.ST_RDONLY | os.ST_NOSUID)}
    open_disk = SimpleNamespace(f_flag=os.ST_NOSUID)
    monkeypatch.setattr(os, "statvfs", lambda path: disks.get(path, open_disk))
    assert said(tmp_path / "a" / "new") == f"{tmp_path} is on a read-only disk"
    assert refusal(tmp_path / "new").hint == failures.ELSEWHERE
    ownership.require(tmp_path / "desk" / "new", METRICS)


def test_a_failure_of_the_system_is_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pathconf", broken)
    error = refusal(tmp_path / "new")
    assert error.message == f"{tmp_path / 'new'}: Input/output error"
    assert isinstance(error.__cause__, OSError)
