"""What stands beside a model's weights: names of its vocabulary, and which epoch it is of."""

from dataclasses import asdict
from pathlib import Path

import polars as pl
import pytest

from stages.bert4rec.model_files import (
    CHOSEN,
    Chosen,
    check_names,
    read_chosen,
    read_names,
    write_chosen,
    write_names,
)
from stages.interface.errors import HhrecError, MissingInputError

NAMES = pl.Series("vacancy_id", ["v7", "v1", "v3"])
VOCAB = Path("vocab.parquet")


def vocab(*names: str) -> pl.DataFrame:
    return pl.DataFrame({"vacancy_id": names})


def test_names_come_back_in_order(tmp_path: Path) -> None:
    write_names(tmp_path, NAMES)
    assert read_names(tmp_path).to_list() == ["v7", "v1", "v3"]


def test_a_vocabulary_may_go_on_behind_the_models(tmp_path: Path) -> None:
    before = tmp_path.stat().st_mtime_ns
    check_names(tmp_path, vocab("other"), VOCAB)  # a model of an older version has no names
    assert tmp_path.stat().st_mtime_ns == before
    write_names(tmp_path, NAMES)
    check_names(tmp_path, vocab("v7", "v1", "v3", "new"), VOCAB)
    assert read_names(tmp_path).to_list() == NAMES.to_list()


@pytest.mark.parametrize(
    ("names", "others"),
    [(("v7", "v3", "v1"), 2), (("v7", "v1"), 1), (("new", "v7", "v1", "v3"), 3), ((), 3)],
)
def test_other_vacancies_under_the_same_ids_are_counted(
    tmp_path: Path, names: tuple[str, ...], others: int
) -> None:
    write_names(tmp_path, NAMES)
    table = vocab(*names) if names else pl.DataFrame(schema={"vacancy_id": pl.String})
    with pytest.raises(HhrecError, match=f"{others} of the 3 item ids from 3 on") as caught:
        check_names(tmp_path, table, VOCAB)
    assert "--extend OLD" in caught.value.hint


def test_the_epoch_comes_back_and_its_absence_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="the epoch of the model"):
        read_chosen(tmp_path)
    for mrr in (0.125, None):
        chosen = Chosen(epoch=3, epochs=9, validation_mrr_100=mrr, asks="event")
        write_chosen(tmp_path, chosen)
        assert read_chosen(tmp_path) == chosen


@pytest.mark.parametrize("text", ["{", "[]", '{"epoch": 1}', "3"])
def test_another_file_of_that_name_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / CHOSEN).write_text(text)
    with pytest.raises(HhrecError, match=CHOSEN) as caught:
        read_chosen(tmp_path)
    assert "hhrec train" in caught.value.hint
    assert set(asdict(Chosen(1, 1, None, ""))) == {"epoch", "epochs", "validation_mrr_100", "asks"}
