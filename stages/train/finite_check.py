"""Stop a training whose loss or gradients are no numbers, and keep the batch that did it."""

import math
import os
import tempfile
from pathlib import Path

from safetensors.torch import save

from stages.bert4rec.batching.batch import ASKED, EVENTS
from stages.interface.errors import HhrecError
from stages.train.device_batches import StepBatches


def require_finite(loss: float, norm: float, part: StepBatches, lr: float) -> None:
    """Stop before a step that would leave no number in the weights.

    Args:
        loss: Mean over the step's questions.
        norm: Of the gradients.
        part: The step's batches, of this process.
        lr: Learning rate.

    Raises:
        HhrecError: The loss or the gradients are infinite or not a number. The batches are in the
            file that it names.
    """
    if math.isfinite(loss) and math.isfinite(norm):
        return
    raise HhrecError(
        f"step {part.step + 1}: expected a finite loss and gradient, found loss {loss} and gradient "
        f"norm {norm} at learning rate {lr:.3g}; no weight was changed by it; the batch is in "
        f"{kept(part)}",
        "lower train.lr, and weights of questions that are far from 1, and start anew; checkpoints "
        "of earlier steps are whole",
    )


def kept(part: StepBatches) -> str:
    """Write the batches of a step where only this user can read them; give the file's name.

    It holds each tensor of `stages.bert4rec.batching.batch.Batch` as INDEX.FIELD, INDEX being the
    batch's place in the epoch's plan, and the step, the epoch and scalars as metadata.
    """
    tensors = {
        f"{index}.{name}": getattr(batch, name).detach().cpu().contiguous()
        for index, batch in part.batches
        for name in (*EVENTS, *ASKED)
    }
    scalars = {
        f"{index}.{name}": str(getattr(batch, name))
        for index, batch in part.batches
        for name in ("lag", "fresh")
    }
    about = {"step": str(part.step + 1), "epoch": str(part.epoch + 1), **scalars}
    try:
        handle, name = tempfile.mkstemp(prefix="hhrec-batch-", suffix=".safetensors")
        with os.fdopen(handle, "wb") as stream:
            stream.write(save(tensors, about))
    except OSError as error:
        return f"no file ({error.strerror})"
    return str(Path(name))
