"""A search: Optuna chooses a trial's parameters from the trials before it, and ends hopeless ones.

What is chosen depends on the seed, the trial's number and the trials before it alone. So a search that
was cut off goes on as if it had not been.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from stages.core.seeds import derive
from stages.core.trials_file import Trial, Value
from stages.interface import failures
from stages.interface.errors import HhrecError
from stages.tune.space import Axis

STARTUP = 4  # trials by chance, and trials that run to their end, before others are pruned
FIRST = 2  # epoch after which a trial may be pruned at the earliest
SEEDS = 2**32


class Search:
    """One trial of a search, with those before it.

    Args:
        axes: What is chosen from.
        before: Earlier trials, in order.
        seed: Of all choices.
        number: Of the trial.

    Raises:
        HhrecError: Optuna is not installed, or the trials are of another space.
    """

    def __init__(
        self, axes: Sequence[Axis], before: Sequence[Trial], *, seed: int, number: int
    ) -> None:
        self.optuna = optuna()
        self.distributions = {axis.name: self._distribution(axis) for axis in axes}
        sampler = self.optuna.samplers.TPESampler(
            n_startup_trials=STARTUP, seed=derive(seed, "tune", number) % SEEDS
        )
        pruner = self.optuna.pruners.MedianPruner(n_startup_trials=STARTUP, n_warmup_steps=FIRST)
        self.study = self.optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner)
        try:
            self.study.add_trials([self._told(trial) for trial in before])
        except ValueError as error:
            raise HhrecError(
                f"trials before number {number} do not fit the space ({failures.short(error)})",
                "begin anew with --anew",
            ) from error

    def begin(self, known: Trial | None = None) -> dict[str, Value]:
        """Choose the parameters, or take those of a trial that was cut off, with its epochs."""
        if known:
            self.study.enqueue_trial(known.params)
        self.trial = self.study.ask(self.distributions)
        for epoch, mrr in known.curve if known else ():
            self.trial.report(mrr, epoch)
        return dict(self.trial.params)

    def hopeless(self, epoch: int, mrr: float) -> bool:
        """Whether the trial is behind most others after an epoch."""
        known = self.study.get_trials(deepcopy=False)[-1].intermediate_values
        if epoch not in known:
            self.trial.report(mrr, epoch)
        return bool(self.trial.should_prune())

    def _distribution(self, axis: Axis) -> Any:
        kinds = self.optuna.distributions
        if axis.choices:
            return kinds.CategoricalDistribution(axis.choices)
        if axis.whole():
            return kinds.IntDistribution(int(axis.low), int(axis.high), log=axis.log)
        return kinds.FloatDistribution(axis.low, axis.high, log=axis.log)

    def _told(self, trial: Trial) -> Any:
        states = self.optuna.trial.TrialState
        state = {"complete": states.COMPLETE, "pruned": states.PRUNED}.get(trial.state, states.FAIL)
        return self.optuna.trial.create_trial(
            state=state,
            params=dict(trial.params),
            distributions=self.distributions,
            value=None if trial.state == "failed" else trial.best(),
            intermediate_values=dict(trial.curve),
        )


def optuna() -> Any:
    """Import Optuna, and let it say nothing.

    Raises:
        HhrecError: It is not installed.
    """
    try:
        found = import_module("optuna")
    except ImportError as error:
        raise HhrecError(
            f"`hhrec tune` needs Optuna, which is not installed ({error})",
            "pip install 'hhrec[tune]'",
        ) from error
    found.logging.set_verbosity(found.logging.WARNING)
    return found
