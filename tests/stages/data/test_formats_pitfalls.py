"""Files that are read wrongly in silence elsewhere: quotes, separators."""

from pathlib import Path

import pytest

from stages.data.formats import Flat, open_flat
from stages.interface.errors import HhrecError, UsageError


def test_a_quote_in_a_tab_separated_file_is_a_letter(tmp_path: Path) -> None:
    file = tmp_path / "log.tsv"
    file.write_text('user\ttitle\nu1\t"Senior" cook\nu2\t12" screen\nu3\t"open\n')
    found = open_flat(Flat(file), ["user", "title"]).collect()
    assert found["title"].to_list() == ['"Senior" cook', '12" screen', '"open']


def test_a_quoted_comma_in_csv_is_no_separator(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text('user,title\nu1,"cook, senior"\n')
    assert open_flat(Flat(file), ["user", "title"]).collect()["title"].to_list() == ["cook, senior"]


@pytest.mark.parametrize("separator", ["::", "→", "ab"])
def test_a_separator_of_several_bytes_is_a_usage_error(tmp_path: Path, separator: str) -> None:
    file = tmp_path / "ratings.csv"
    file.write_text("u::i\n1::2\n")
    with pytest.raises(UsageError, match="expected one character of ASCII"):
        open_flat(Flat(file, separator=separator), ["u"])


@pytest.mark.parametrize(("mark", "typed"), [(";", "';'"), ("\t", r"$'\t'"), ("|", "'|'")])
def test_a_wrong_separator_is_named(tmp_path: Path, mark: str, typed: str) -> None:
    file = tmp_path / "log.csv"
    file.write_text(mark.join(["user_id", "item_id", "timestamp"]) + "\n")
    with pytest.raises(HhrecError) as error:
        open_flat(Flat(file), ["user_id", "item_id"])
    assert f"--separator {typed}" in error.value.hint
