"""Follow a training: what is done after each step and at each epoch's end."""

from dataclasses import replace

from stages.train.callbacks.checkpoints import Checkpoints
from stages.train.callbacks.early_stopping import after_epoch
from stages.train.callbacks.metrics import Metrics
from stages.train.callbacks.signals import Signals, in_any_process
from stages.train.checkpointing import State
from stages.train.loop import Figures
from stages.train.prepare import Training
from stages.train.validation import Scored, Validation


class Watch:
    """Follows a training: the loop calls `after_step` and stops when it returns false.

    Attributes:
        state: Where the training stands.
        interrupted: It ended before its time, by a signal to any of its processes.
        stopped: Why it ended, in words.
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
        self.an_epoch = training.steps_per_epoch()
        self.interrupted = False
        self.stopped = "finished"

    def after_step(self, figures: Figures) -> bool:
        """Show the step, validate at an epoch's end, save when it is time; false stops."""
        self.state = replace(self.state, step=figures.step)
        self.metrics.add(figures)
        self.metrics.show(figures, self.state.best)
        ended = figures.step % self.an_epoch == 0
        if ended:
            self.end_epoch(figures.step // self.an_epoch)
        signalled = in_any_process(bool(self.signals.name), self.training.accelerator)
        self.interrupted = signalled and not self.state.done
        if self.interrupted:
            self.stopped = f"interrupted by {self.signals.name or 'a signal to another process'}"
        stop = signalled or self.state.done
        if ended or stop or self.checkpoints.due(figures.step):
            self.checkpoints.save(self.state)
        return not stop

    def end_epoch(self, epoch: int) -> None:
        """Rank the validation rows; keep the best weights; decide whether to go on."""
        settings = self.training.params.train
        last = epoch == settings.last_epoch()
        self.state = replace(self.state, done=last)
        if not len(self.validation):
            return
        found = self.validate()
        self.metrics.log_validation(epoch, found.mrr, self.state.step)
        self.state = after_epoch(self.state, found.mrr, settings.patience)
        if not self.state.waited:
            self.checkpoints.keep_best(self.state, epoch, found)
        elif self.state.done and not last:
            self.stopped = f"early, {settings.patience} epochs without a better MRR@100"

    def validate(self) -> Scored:
        """Rank the validation rows by the model as it stands."""
        training = self.training
        found = self.validation.best_way(
            training.model, training.task.catalogue, training.accelerator
        )
        training.model.train()
        return found
