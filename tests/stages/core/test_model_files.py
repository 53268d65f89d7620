"""A model's directory: what must be there, and what is read back as it was written."""

import polars as pl
import pytest

from stages.core import model_files
from stages.core.model_files import CHOSEN, CONFIG, WEIGHTS, Chosen
from stages.interface.errors import HhrecError, MissingInputError


def test_a_model_has_a_config_and_weights(tmp_path) -> None:
    (tmp_path / CONFIG).touch()
    with pytest.raises(MissingInputError, match=WEIGHTS):
        model_files.require(tmp_path)
    (tmp_path / WEIGHTS).touch()
    model_files.require(tmp_path)


def test_vacancies_and_epoch_are_read_as_written(tmp_path) -> None:
    names, chosen = pl.Series("vacancy_id", ["b", "a"]), Chosen(3, 5, 0.25, "session")
    model_files.write_names(tmp_path, names)
    model_files.write_chosen(tmp_path, chosen)
    assert model_files.read_names(tmp_path).equals(names)
    assert model_files.read_chosen(tmp_path) == chosen


@pytest.mark.parametrize("broken", ["{}", "no json"])
def test_an_unreadable_epoch_is_named(tmp_path, broken: str) -> None:
    with pytest.raises(MissingInputError, match=CHOSEN):
        model_files.read_chosen(tmp_path)
    (tmp_path / CHOSEN).write_text(broken)
    with pytest.raises(HhrecError, match=CHOSEN):
        model_files.read_chosen(tmp_path)


def test_a_vocabulary_with_other_vacancies_under_the_ids_is_refused(tmp_path) -> None:
    model_files.write_names(tmp_path, pl.Series(["a", "b"]))
    same, other = (pl.DataFrame({"vacancy_id": ids}) for ids in (["a", "b", "c"], ["b", "a"]))
    model_files.check_names(tmp_path, same, tmp_path / "vocab")
    with pytest.raises(HhrecError, match="2 of the 2 item ids"):
        model_files.check_names(tmp_path, other, tmp_path / "vocab")
