"""A model taken over as it is: today's artifacts are whole without yesterday's."""

import shutil
from pathlib import Path

from stages.core import kinds, model_files, outputs
from stages.interface.stage_report import Progress, Report, silent
from stages.params import Params


class TakeOverReport(Report):
    """The model that was taken over, and its size."""

    model: str
    bytes: int


def run(params: Params, *, model: Path, out: Path, progress: Progress = silent) -> TakeOverReport:
    """Copy a model to where today's model stands.

    Args:
        params: Not used; a step is given them.
        model: Yesterday's.
        out: Today's.
        progress: Told when it is done.

    Raises:
        MissingInputError: No model is there.
        HhrecError: The place is not ours, or something in the model's directory is not of it.
    """
    del params
    model_files.require(model)
    made = outputs.prepare(out, kinds.MODEL, references={"origin": model})
    with made.replacing() as scratch:
        shutil.copytree(model, scratch)
        size = sum(path.stat().st_size for path in scratch.rglob("*"))
    progress(1, 1, "taken over")
    return TakeOverReport(model=str(model), bytes=size)
