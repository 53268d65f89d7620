"""A search chooses by what it knows alone, and ends what is behind."""

from dataclasses import replace
from types import ModuleType

import pytest

from stages.core.trials_file import Trial
from stages.interface.errors import HhrecError
from stages.tune import search
from stages.tune.search import STARTUP, Search
from stages.tune.space import parsed

pytest.importorskip("optuna")
AXES = parsed(["train.lr=0.001..0.1:log", "train.layers=1..3", "train.loss=full,gbce"])


def gone_before(count: int) -> list[Trial]:
    """Trials that a search chose, each better than the last."""
    trials: list[Trial] = []
    for number in range(count):
        chosen = Search(AXES, trials, seed=1, number=number).begin()
        curve = tuple((epoch, 0.1 * (number + 1) + 0.01 * epoch) for epoch in (1, 2, 3))
        trials.append(Trial(number, "complete", chosen, curve))
    return trials


def test_the_same_trials_before_give_the_same_choice() -> None:
    before = gone_before(STARTUP + 2)
    number = len(before)
    one, two = (Search(AXES, before, seed=1, number=number).begin() for _ in range(2))
    assert one == two
    assert set(one) == {"train.lr", "train.layers", "train.loss"}
    assert one != Search(AXES, before, seed=2, number=number).begin()
    assert len({str(trial.params) for trial in before}) == len(before)


def test_a_trial_behind_the_median_ends_after_its_first_epoch() -> None:
    before = gone_before(STARTUP)
    behind = Search(AXES, before, seed=1, number=STARTUP)
    behind.begin()
    assert not behind.hopeless(1, 0.0)
    assert behind.hopeless(2, 0.0)
    ahead = Search(AXES, before, seed=1, number=STARTUP)
    ahead.begin()
    assert not any(ahead.hopeless(epoch, 0.9) for epoch in (1, 2))
    first = Search(AXES, before[:1], seed=1, number=1)
    first.begin()
    assert not any(first.hopeless(epoch, 0.0) for epoch in (1, 2, 3))  # too few to compare with


def test_a_trial_that_was_cut_off_goes_on_with_its_parameters_and_epochs() -> None:
    before = gone_before(STARTUP)
    cut = Trial(STARTUP, "running", {"train.lr": 0.05, "train.layers": 2, "train.loss": "full"},
                curve=((1, 0.0),))  # fmt: skip
    resumed = Search(AXES, before, seed=1, number=STARTUP)
    assert resumed.begin(cut) == cut.params
    assert resumed.hopeless(2, 0.0)


def test_pruned_and_failed_trials_are_told_too() -> None:
    before = gone_before(3)
    mixed = [
        replace(before[0], state="pruned"),
        replace(before[1], state="failed", curve=()),
        before[2],
    ]
    assert Search(AXES, mixed, seed=1, number=3).begin()


def test_trials_that_do_not_fit_the_space_are_refused() -> None:
    other = Trial(0, "complete", {"train.loss": "full"}, ((1, 0.1),))
    with pytest.raises(HhrecError, match="do not fit the space"):
        Search(AXES, [other], seed=1, number=1)


def test_without_optuna_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> ModuleType:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(search, "import_module", absent)
    with pytest.raises(HhrecError, match="which is not installed") as caught:
        search.optuna()
    assert caught.value.hint == "pip install 'hhrec[tune]'"
