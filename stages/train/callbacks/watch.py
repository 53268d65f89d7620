"""Follow a training: what is done after each step and at each epoch's end."""

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from stages.interface.errors import Interrupted
from stages.train.callbacks.checkpoints import Checkpoints
from stages.train.callbacks.early_stopping import after_epoch
from stages.train.callbacks.free_memory import FreeMemory
from stages.train.callbacks.metrics import Metrics
from stages.train.callbacks.signals import Signals, in_any_process
from stages.train.checkpointing import State
from stages.train.loop import Figures
from stages.train.prepare import Training
from stages.train.validation import Scored, Validation

if TYPE_CHECKING:
    from collections.abc import Callable


class Watch:
    """Follows a training: the loop calls `after_step` and stops when it returns false.

    Attributes:
        state: Where the training stands.
        interrupted: It ended before its time, by a signal to any of its processes.
        stopped: Why it ended, in words.
        on_epoch: Told the number and the MRR@100 of each epoch.
    """

    def __init__(
        self,
        training: Training,
        validation: Validation,
        checkpoints: Checkpoints,
        metrics: Metrics,
        state: State,
    ) -> None:
        self.training, self.validation, self.state = training, validation, state
        self.checkpoints, self.metrics, self.signals = checkpoints, metrics, Signals()
        self.memory = FreeMemory()
        self.an_epoch = training.steps_per_epoch()
        self.interrupted = False
        self.stopped = "finished"
        self.on_epoch: Callable[[int, float], None] | None = None

    def after_step(self, figures: Figures) -> bool:
        """Show the step, validate at an epoch's end, save when it is time; false stops."""
        self.state = replace(self.state, step=figures.step)
        self.metrics.add(figures)
        self.metrics.show(figures, self.state.best)
        self.memory.after_step()
        if figures.step % self.an_epoch == 0:
            return self.end_epoch()
        stop = self.signalled()
        if stop or self.checkpoints.due(figures.step):
            self.checkpoints.save(self.state)
        return not stop

    def end_epoch(self) -> bool:
        """Save, rank the validation rows, decide whether to go on; false stops.

        The checkpoint is there before validation begins and says that it is to be done: whatever
        ends it, going on begins with it.
        """
        epoch = self.state.step // self.an_epoch
        last = epoch == self.training.params.train.last_epoch()
        judged = len(self.validation) > 0
        if not self.state.pending:
            state = replace(self.state, pending=True) if judged else replace(self.state, done=last)
            self.checkpoints.save(state)
            self.state = state
        if judged:
            try:
                if not self.signalled():
                    self.judge(epoch, last=last)
            except Interrupted:
                self.interrupt()
                return False
        return not (self.signalled() or self.state.done)

    def judge(self, epoch: int, *, last: bool) -> None:
        """Rank the validation rows; keep the best weights; write down that it is done.

        A signal breaks off the ranking of a process that is alone; of several, the others would wait
        for its lists for ever, so that all rank to the end and leave together.
        """
        alone = self.training.accelerator.num_processes == 1
        with self.signals.at_once() if alone else nullcontext():
            found = self.validate()
        self.metrics.log_validation(epoch, found.mrr, self.state.step)
        settings = self.training.params.train
        state = replace(self.state, done=last, pending=False)
        state = after_epoch(state, found.mrr, settings.patience)
        if not state.waited:
            self.checkpoints.keep_best(state, epoch, found)
        elif state.done and not last:
            self.stopped = f"early, {settings.patience} epochs without a better MRR@100"
        self.checkpoints.mark(state)
        self.state = state
        if self.on_epoch:
            self.on_epoch(epoch, found.mrr)

    def signalled(self) -> bool:
        """Whether a signal ends the training before its time, in any process."""
        if self.state.done:
            return False
        found = in_any_process(bool(self.signals.name), self.training.accelerator)
        if found:
            self.interrupt()
        return found

    def interrupt(self) -> None:
        """Enter that a signal ends the training."""
        self.interrupted = True
        self.stopped = f"interrupted by {self.signals.name or 'a signal to another process'}"

    def validate(self) -> Scored:
        """Rank the validation rows by the model as it stands."""
        training = self.training
        found = self.validation.best_way(
            training.model, training.task.catalogue, training.accelerator
        )
        training.model.train()
        return found
