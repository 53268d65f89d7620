"""Parameters of training chosen on the validation rows, trial by trial, with Optuna."""

from stages.tune.stage import run

__all__ = ["run"]
