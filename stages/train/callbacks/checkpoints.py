"""Save checkpoints when they are due, and the model that ranks the validation rows best."""

import json
import time
from pathlib import Path

from stages.core import outputs, tables
from stages.core.model_files import BEST, Chosen, read_chosen, write_chosen
from stages.train import checkpointing
from stages.train.callbacks.signals import in_any_process
from stages.train.checkpointing import State
from stages.train.prepare import Training
from stages.train.validation import Scored


class Checkpoints:
    """The checkpoints of a training, below `root`; the best model is in `root / "best"`."""

    def __init__(self, root: Path, training: Training) -> None:
        self.root, self.training = root, training
        self.settings, self.accelerator = training.params.train, training.accelerator
        self.saved_at = time.monotonic()

    def due(self, step: int) -> bool:
        """Whether the time or the steps for another checkpoint have passed, in any process."""
        late = time.monotonic() - self.saved_at > 60 * self.settings.save_minutes
        counted = self.settings.save_steps is not None and step % self.settings.save_steps == 0
        return counted or in_any_process(late, self.accelerator)

    def save(self, state: State) -> None:
        """Write a checkpoint; drop those that are too many.

        Raises:
            HhrecError: A weight is infinite or not a number: the checkpoints before it stay.
        """
        if self.accelerator.is_main_process:
            model, optimizers = self.training.model, self.training.optimizers
            checkpointing.require_finite(model)
            with outputs.mended(self.root):
                checkpointing.save(self.root, model, optimizers, state)
                checkpointing.prune(self.root, self.settings.keep)
        self.saved_at = time.monotonic()

    def mark(self, state: State) -> None:
        """Enter into the newest checkpoint what validation has said of it."""
        found = checkpointing.newest(self.root)
        if self.accelerator.is_main_process and found:
            with outputs.mended(self.root):
                checkpointing.mark(found, state)

    def keep_best(self, state: State, epoch: int, found: Scored) -> None:
        """Write the model as it stands, the best so far, with how it is asked."""
        if not self.accelerator.is_main_process:
            return
        mark = {"step": state.best_step, "validation_mrr_100": state.best}
        chosen = Chosen(epoch, self.settings.epochs, found.mrr, found.asks)
        with outputs.mended(self.root), tables.atomic(self.root / "best") as scratch:
            seen = found.seen.model_dump()
            self.training.model.write(scratch, asks=found.asks, seen=seen)
            (scratch / BEST).write_text(json.dumps(mark), encoding="utf-8")
            write_chosen(scratch, chosen)

    def best(self) -> Path | None:
        """Directory of the best model; none where no epoch was validated."""
        path = self.root / "best"
        return path if path.exists() else None

    def chosen(self, state: State) -> Chosen:
        """Which epoch is published: the best, or the last where there are no validation rows."""
        best = self.best()
        if best:
            return read_chosen(best)
        done = state.step // self.training.steps_per_epoch()
        return Chosen(done, self.settings.epochs, None, self.settings.ways()[0])
