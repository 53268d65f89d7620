"""The trials of a search on disk."""

from pathlib import Path

import pytest

from stages.core import trials_file
from stages.core.trials_file import Trial, Trials
from stages.interface.errors import HhrecError

LOW = Trial(0, "complete", {"train.lr": 0.1, "train.loss": "full"}, ((1, 0.1), (2, 0.3)), 1.5)
HIGH = Trial(1, "complete", {"train.dropout": None, "train.layers": 2}, ((1, 0.4),))
CUT = Trial(2, "pruned", {}, ((1, 0.9),))
FAILED = Trial(3, "failed", {}, why="heads")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    found = Trials("hash", ("train.lr=1..2",), (LOW, HIGH, CUT, FAILED))
    trials_file.write(found, tmp_path / "trials.json")
    assert trials_file.read(tmp_path / "trials.json") == found
    assert trials_file.read(tmp_path / "nowhere.json") is None


def test_the_best_that_ran_to_its_end_comes_first() -> None:
    assert Trials("", (), (LOW, CUT, HIGH, FAILED)).ranked() == [HIGH, LOW, CUT]
    assert (LOW.best(), FAILED.best()) == (0.3, None)


@pytest.mark.parametrize("text", ["{", "[]", '{"study": 1}', '{"study": "", "space": [], "x": 1}'])
def test_anything_else_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "trials.json"
    file.write_text(text)
    with pytest.raises(HhrecError, match=r"expected the trials of `hhrec tune`"):
        trials_file.read(file)


def test_trials_are_numbered_in_order(tmp_path: Path) -> None:
    trials_file.write(Trials("hash", (), (HIGH, LOW)), tmp_path / "trials.json")
    with pytest.raises(HhrecError, match="numbered"):
        trials_file.read(tmp_path / "trials.json")
