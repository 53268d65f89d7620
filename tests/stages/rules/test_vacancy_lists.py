"""Files that name vacancies."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from stages.interface.errors import HhrecError, MissingInputError
from stages.rules import vacancy_lists

NAMES = pl.DataFrame({"vacancy_id": ["a", "b", "c"], "item": [3, 4, 5]})


@pytest.mark.parametrize("text", ["a\nc\n", "\ufeffa\r\n\r\n c \na", "c\na\nnobody"])
def test_a_text_file_holds_one_id_a_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "allow"
    file.write_bytes(text.encode())
    ids = vacancy_lists.read(file, "--allow")
    found, unknown = vacancy_lists.known_items(ids, NAMES, file)
    assert np.flatnonzero(vacancy_lists.mask(found["item"], 3)).tolist() == [3, 5]
    assert unknown == ("nobody" in text)


def test_parquet_may_hold_numbers_and_one_column_of_any_name(tmp_path: Path) -> None:
    pl.DataFrame({"id": [7, None, 7]}).write_parquet(tmp_path / "one")
    assert vacancy_lists.read(tmp_path / "one", "--allow")["vacancy_id"].to_list() == ["7"]
    pl.DataFrame({"id": [7], "vacancy_id": ["a"]}).write_parquet(tmp_path / "two")
    assert vacancy_lists.read(tmp_path / "two", "--allow")["vacancy_id"].to_list() == ["a"]


def test_faults_of_an_allow_list_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="not found"):
        vacancy_lists.read(tmp_path / "absent", "--allow")
    faults = {
        "none.txt": (b"\n \n", "found none"),
        "bytes.txt": (b"\xff\xfe\xff", "not a readable list"),
        "broken": (b"PAR1 and no more", "not a readable list"),
    }
    for name, (content, message) in faults.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(HhrecError, match=message):
            vacancy_lists.read(tmp_path / name, "--allow")
    pl.DataFrame({"x": ["a"], "y": ["b"]}).write_parquet(tmp_path / "wide")
    with pytest.raises(HhrecError, match="expected a column vacancy_id"):
        vacancy_lists.read(tmp_path / "wide", "--allow")
    with pytest.raises(HhrecError, match=r"none of its 2 vacancies .* such as x, y"):
        vacancy_lists.known_items(pl.DataFrame({"vacancy_id": ["x", "y"]}), NAMES, tmp_path / "f")


def test_ids_may_be_meant_for_one_person(tmp_path: Path) -> None:
    file = tmp_path / "deny"
    pl.DataFrame({"user_id": ["u", "v", "u"], "vacancy_id": ["a", "a", "x"]}).write_parquet(file)
    found, unknown = vacancy_lists.known_items(vacancy_lists.read(file, "--deny"), NAMES, file)
    assert found.select("user_id", "item").rows() == [("u", 3), ("v", 3)]
    assert unknown == 1
