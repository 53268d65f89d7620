"""A calibration on disk: `calibration.json` beside a model's weights."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from stages.core import json_text
from stages.core.model_files import CALIBRATION
from stages.interface.errors import HhrecError

Floats: TypeAlias = NDArray[np.floating[Any]]

MODEL = "model"


@dataclass(frozen=True)
class Calibration:
    """How candidates are scored, and what that was worth on the validation rows.

    Attributes:
        heuristics: Plain recommenders whose ranks count.
        weights: By number, in the order of `candidate_table.names`.
        fold_weights: The same fitted without the users of one fold, for that fold's rows.
        seen: Fates of seen vacancies that rank the validation rows best, by action.
        lag: Microseconds from the end of the train part to the latest validation row: the weights
            are of no row that is asked much later.
        rows: Validation rows.
        mrr_100: Of the model on them, cross-fitted.
        baselines: Of each baseline on the same rows: MRR@100, its own best fates, the model's
            lead over it and the paired 95 % interval.
        answers: What ranks the validation rows best: `model`, or the name of a baseline.
    """

    heuristics: tuple[str, ...]
    weights: dict[str, float]
    fold_weights: tuple[dict[str, float], ...]
    seen: dict[str, str]
    lag: int
    rows: int
    mrr_100: float
    baselines: dict[str, dict[str, Any]]
    answers: str = MODEL

    def answer(self, fallback: str) -> tuple[str, dict[str, str]]:
        """Who answers under `predict.fallback`, and the fates of seen vacancies that go with it."""
        if fallback == "never" or self.answers == MODEL:
            return MODEL, self.seen
        return self.answers, self.baselines[self.answers]["seen"]

    def vector(self, fold: int | None = None) -> Floats:
        """Weights in their order, (F,)."""
        found = self.weights if fold is None else self.fold_weights[fold]
        return np.array([found[name] for name in self.weights], dtype=np.float64)


def write(directory: Path, found: Calibration) -> None:
    """Write a calibration into a model's directory."""
    text = json.dumps(asdict(found), indent=1, allow_nan=False) + "\n"
    (directory / CALIBRATION).write_text(text, encoding="utf-8")


def read(directory: Path) -> Calibration | None:
    """Read a model's calibration; one without validation rows has none.

    Raises:
        HhrecError: The file is not a calibration.
    """
    path = directory / CALIBRATION
    if not path.is_file():
        return None
    try:
        calibration = json_text.parsed(Calibration, path.read_text(encoding="utf-8"))
        calibration.answer("auto")
        for fold in (None, *range(len(calibration.fold_weights))):
            calibration.vector(fold)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise HhrecError(
            f"{path}: not a calibration of this version ({error!r})", "run `hhrec train` anew"
        ) from error
    return calibration
