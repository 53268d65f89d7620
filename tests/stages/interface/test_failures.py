"""What the system says, said as an error with advice."""

import errno
from pathlib import Path

import polars as pl
import pytest

from stages.interface import failures


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.EROFS, "on a disk that can be written"),
        (errno.EACCES, "permissions"),
        (errno.ENAMETOOLONG, "shorter name"),
        (errno.EFBIG, "ulimit -f"),
        (errno.ENOTDIR, "is a file"),
        (errno.EXDEV, "type the same command again"),
    ],
)
def test_each_kind_has_its_advice(number: int, hint: str) -> None:
    found = failures.described(OSError(number, "said", "some/file"))
    assert found.message.startswith("some/file: ")
    assert hint in found.hint


def test_a_full_disk_says_how_much_is_free(tmp_path: Path) -> None:
    found = failures.described(OSError(errno.ENOSPC, "full"), tmp_path / "not" / "there")
    assert "No space left on device; " in found.message
    assert failures.room_at(tmp_path).startswith("; ")
    assert failures.room_at(tmp_path).endswith(" bytes are free there")


def test_the_number_is_found_in_what_libraries_say() -> None:
    error = pl.exceptions.ComputeError("parquet: failed: File too large (os error 27)")
    assert failures.number_of(error) == errno.EFBIG
    assert failures.number_of(OSError("without a number")) is None
    assert "ulimit -f" in failures.described(error, Path("out")).hint


def test_names_of_scratch_files_are_not_told() -> None:
    error = OSError(errno.EFBIG, "large", "x/.events.0123abcd.part/bucket-00000.parquet")
    assert failures.described(error, Path("x/events")).message.startswith("x/events: ")


def test_long_messages_become_one_short_line() -> None:
    said = failures.short("a\n b" * 1_000)
    assert len(said) == failures.LONGEST
    assert "\n" not in said
    assert failures.short(ValueError()) == "ValueError"


def test_bytes_that_are_no_utf_8_are_shown_as_escapes() -> None:
    assert failures.escaped("nu/\udcef\udcf0.csv") == r"nu/\xef\xf0.csv"
    assert failures.escaped("данные.csv") == "данные.csv"
