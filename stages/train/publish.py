"""Publish a training: calibrate its best model and write the directory that `predict` reads."""

from pathlib import Path

import polars as pl
import torch

from stages.baselines.last_viewed import own_vacancies
from stages.calibration import fitting
from stages.calibration.model_selection import beside_baselines
from stages.core import calibration_file
from stages.core.calibration_file import Calibration
from stages.core.model_files import CONFIG, NEIGHBOURS, write_chosen, write_names
from stages.core.outputs import Output
from stages.interface.errors import HhrecError, MissingInputError
from stages.loaders import neighbour_files
from stages.train import checkpointing
from stages.train.callbacks import Watch
from stages.train.prepare import Training
from stages.train.validation import Validation


def publish(
    watch: Watch, out: Output, names: pl.Series, train: Path, given: Calibration | None = None
) -> Calibration | None:
    """Write the best model, or without validation rows the last.

    Beside it go the vacancy ids of its vocabulary, its epoch, its calibration, and which vacancies
    follow which in its histories, where it asks for that.

    Args:
        watch: The training, at its end.
        out: Place of the model.
        names: Vacancy ids of its vocabulary.
        train: `sequences/train`, its histories.
        given: Calibration of a model that has no validation rows of its own.

    Returns:
        The calibration; none where nothing was held out and none is given.
    """
    training, best, found = watch.training, watch.checkpoints.best(), given
    model = training.model
    if best:
        model.take(best)
        found = calibrated(training, watch.validation)
    decided = {"seen": found.seen, "answers": found.answers} if found else {}
    checkpointing.require_finite(model)
    with out.replacing() as scratch:
        model.write(scratch, **decided)
        write_names(scratch, names)
        write_chosen(scratch, watch.checkpoints.chosen(watch.state))
        if found:
            calibration_file.write(scratch, found)
        if model.config.neighbours:
            known = training.task.catalogue.neighbours
            key = neighbour_files.key_of(train, len(training.task.catalogue))
            neighbour_files.write(scratch / NEIGHBOURS, known.newest(), key)
    return found


def calibrated(training: Training, validation: Validation) -> Calibration:
    """Weigh the parts of the model on the validation rows; compare it with baselines."""
    with torch.inference_mode():
        fitted = validation.fitted(training.model, training.task.catalogue)
    found = fitting.calibration_of(fitted, validation.names, validation.lag)
    learned = validation.learned
    shelves = {**(learned.shelves if learned else {}), "last_viewed": own_vacancies}
    return beside_baselines(found, fitted.gains, validation.rows, shelves, training.params)


def calibration_of(model: Path | None, held_out: int) -> Calibration | None:
    """Read the calibration to take over; a model that had nothing held out has none either.

    Raises:
        MissingInputError: There is no model.
        HhrecError: There are validation rows, on which this training is calibrated itself.
    """
    if model is None:
        return None
    if held_out:
        raise HhrecError(
            f"--calibrated {model}: expected no validation rows, found {held_out:,}, on which this "
            "model will be calibrated itself",
            "leave --calibrated out, or hold nothing out: --set split.kind=none from explode on",
        )
    if not (model / CONFIG).is_file():
        raise MissingInputError(f"{model}: expected a model there", "run `hhrec train`")
    return calibration_file.read(model)
