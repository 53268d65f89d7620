"""What a path means: a file, a directory of parts, an archive, a file of an archive."""

import gzip
import os
import zipfile
from pathlib import Path

import pytest

from stages.data import import_log
from stages.data.formats import Flat, open_flat
from stages.data.item_table import ItemTable
from stages.data.log_files import in_archive, on_disk, resolved
from stages.data.row_validation import EventLog
from stages.interface.errors import HhrecError, MissingInputError

HEAD = "user_id,item_id,timestamp\n"
ROWS = [f"{user},i{place},{1_700_000_000 + place}\n" for user in "abc" for place in range(4)]


def archive(path: Path, files: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return path


def whole(root: Path) -> dict[str, bytes]:
    """What an import of the one plain file gives."""
    (root / "log.csv").write_text(HEAD + "".join(ROWS))
    import_log.run(EventLog(Flat(root / "log.csv")), out=root / "plain")
    return {name: (root / "plain" / name).read_bytes() for name in import_log.FILES}


PARTS = {"part-0.csv": HEAD + "".join(ROWS[:5]), "part-1.csv": HEAD + "".join(ROWS[5:])}


@pytest.mark.parametrize("way", ["directory", "zip", "member", "gz in zip"])
def test_parts_and_archives_give_the_files_of_one_log(tmp_path: Path, way: str) -> None:
    text = HEAD + "".join(ROWS)
    source = tmp_path / "archive.zip"
    if way == "directory":
        source = tmp_path / "parts"
        source.mkdir()
        for name, part in PARTS.items():
            (source / name).write_text(part)
        (source / "_SUCCESS").touch()
        (source / "README.txt").write_text("what this is")
    elif way == "zip":
        archive(source, {**PARTS, "__MACOSX/part-0.csv": b"\0", "README.md": "what this is"})
    elif way == "member":
        archive(source, {"log/ratings.csv": text, "log/films.csv": "film,title\n"})
        source /= "log/ratings.csv"
    else:
        archive(source, {"log.csv.gz": gzip.compress(text.encode())})
    report = import_log.run(EventLog(Flat(source)), out=tmp_path / "out")
    assert report.files == (2 if way in {"directory", "zip"} else 1)
    assert {name: (tmp_path / "out" / name).read_bytes() for name in import_log.FILES} == whole(
        tmp_path
    )
    assert not list(tmp_path.glob(".*.part"))


def test_an_item_table_may_lie_in_the_same_archive(tmp_path: Path) -> None:
    films = "film,title\ni0,Stalker\n"
    source = archive(tmp_path / "a.zip", {"log.csv": HEAD + "".join(ROWS), "films.csv": films})
    items = ItemTable(Flat(source / "films.csv"), "film", {"name": "title"})
    report = import_log.run(EventLog(Flat(source / "log.csv")), out=tmp_path / "out", items=items)
    assert report.vacancies_without_row == 3


@pytest.mark.parametrize(
    ("files", "name", "says"),
    [
        (
            {"a.csv": "x\n1\n", "b.jsonl": "{}"},
            "",
            "expected parts of one table, found a.csv, b.jsonl",
        ),
        ({"a.csv": "x\n1\n", "b.csv": "y\n1\n"}, "", "a.csv has x, and b.csv has y"),
        ({"a.txt": "x"}, "", "files of a known format in it, found a.txt"),
        ({}, "", "found nothing"),
        ({"a.csv": "x\n1\n"}, "b.csv", "no b.csv in it; found a.csv"),
    ],
)
def test_what_is_no_one_table_is_refused(
    tmp_path: Path, files: dict[str, str | bytes], name: str, says: str
) -> None:
    path = archive(tmp_path / "a.zip", files) / name
    with pytest.raises(HhrecError, match=r"a\.zip") as error:
        open_flat(resolved(Flat(path), tmp_path / "work"), ["x"])
    assert says in error.value.message


def test_names_in_an_archive_lead_nowhere_else(tmp_path: Path) -> None:
    source = archive(tmp_path / "a.zip", {"../../evil.csv": "x\n1\n", "/b/c.csv": "x\n2\n"})
    found = resolved(Flat(source), tmp_path / "deep/er/work")
    assert all(tmp_path / "deep/er/work" in file.parents for file in found.files)


def test_a_broken_archive_is_one_error(tmp_path: Path) -> None:
    source = archive(tmp_path / "a.zip", {"a.csv": "x\n" + "1\n" * 9_999})
    held = bytearray(source.read_bytes())
    held[40:60] = b"\xff" * 20
    for content in (bytes(held), b"PK", b""):
        source.write_bytes(content)
        with pytest.raises(HhrecError, match="not a ZIP archive that can be read"):
            resolved(Flat(source), tmp_path / "work")


def test_more_than_the_disk_takes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = archive(tmp_path / "a.zip", {"a.csv": "x\n" + "1\n" * 9_999})
    monkeypatch.setattr("shutil.disk_usage", lambda _path: type("Usage", (), {"free": 100}))
    with pytest.raises(HhrecError, match="20,000 bytes when unpacked, of which 100 are free"):
        resolved(Flat(source), tmp_path / "work")


def test_a_path_into_an_archive_is_told_from_one_into_a_directory(tmp_path: Path) -> None:
    source = archive(tmp_path / "a.zip", {})
    (tmp_path / "b.zip").mkdir()
    assert in_archive(source) == (source, "")
    assert in_archive(source / "x/y.csv") == (source, "x/y.csv")
    assert in_archive(tmp_path / "b.zip/y.csv") is None
    assert on_disk(source / "x/y.csv") == source


def test_a_name_of_brackets_is_a_name(tmp_path: Path) -> None:
    (tmp_path / "log[1].csv").write_text(HEAD + "".join(ROWS))
    assert import_log.run(EventLog(Flat(tmp_path / "log[1].csv")), out=tmp_path / "out").rows == 12


def test_parts_with_names_in_another_encoding_are_refused(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "\udcef\udcf0.csv").write_text(HEAD + "".join(ROWS))
    with pytest.raises(HhrecError, match=r"expected names in UTF-8, found \\xef\\xf0\.csv"):
        import_log.run(EventLog(Flat(logs)), out=tmp_path / "out")


@pytest.mark.parametrize("which", ["log", "items"])
def test_a_pipe_is_refused_unread(tmp_path: Path, which: str) -> None:
    file, pipe = tmp_path / "log.csv", tmp_path / "pipe.csv"
    file.write_text(HEAD + "".join(ROWS))
    os.mkfifo(pipe)  # who opens it waits for a writer
    log, items = (pipe, None) if which == "log" else (file, ItemTable(Flat(pipe)))
    with pytest.raises(HhrecError, match="found a pipe or a device") as error:
        import_log.run(EventLog(Flat(log)), out=tmp_path / "out", items=items)
    assert "write it to a file first" in error.value.hint
    assert not (tmp_path / ".hhrec").exists()


def test_a_missing_directory_is_a_missing_input(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="found nothing"):
        import_log.run(EventLog(Flat(tmp_path / "no/")), out=tmp_path / "out")
