"""What happens between steps: figures, validation, checkpoints, stopping, signals."""

import json
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

import polars as pl
import torch
from accelerate import Accelerator

from stages.baselines.last_viewed import own_vacancies
from stages.bert4rec.network.model import HhrecModel
from stages.calibration import fitting
from stages.calibration.model_selection import beside_baselines
from stages.core import calibration_file as calibration
from stages.core import tables
from stages.core.calibration_file import Calibration
from stages.core.model_files import BEST, Chosen, read_chosen, write_chosen, write_names
from stages.interface.stage_report import Progress
from stages.params import Params
from stages.train import checkpointing
from stages.train.checkpointing import State
from stages.train.dataset import Task, padding, steps_per_epoch
from stages.train.loop import Figures
from stages.train.metric_loggers import Tracker
from stages.train.validation import Validation

LOG_EVERY = 10  # steps between figures on the tracker


class Watch:
    """Follows a training: the loop calls `after_step` and stops when it returns false."""

    def __init__(
        self,
        *,
        params: Params,
        task: Task,
        model: HhrecModel,
        optimizers: Sequence[torch.optim.Optimizer],
        accelerator: Accelerator,
        validation: Validation,
        checkpoints: Path,
        state: State,
        tracker: Tracker,
        progress: Progress,
    ) -> None:
        self.params, self.task, self.model, self.optimizers = params, task, model, optimizers
        self.accelerator, self.checkpoints, self.state = accelerator, checkpoints, state
        self.validation = validation
        self.calibration: Calibration | None = None
        self.tracker, self.progress = tracker, progress
        self.an_epoch = steps_per_epoch(task, accelerator.num_processes)
        self.loss: float | None = None
        self.tokens, self.filled, self.positions, self.seconds = 0, 0, 0, 0.0
        self.stopped = "finished"
        self.interrupted = False
        self.saved_at = time.monotonic()

    def after_step(self, figures: Figures) -> bool:
        """Show the step, validate at an epoch's end, save when it is time; false stops."""
        self.state = replace(self.state, step=figures.step)
        self.loss = figures.loss
        self.tokens += figures.tokens * self.accelerator.num_processes
        self.filled += figures.filled
        self.positions += figures.positions
        self.seconds += figures.seconds
        self.show(figures)
        ended = figures.step % self.an_epoch == 0
        if ended:
            self.end_epoch(figures.step // self.an_epoch)
        stop = self._any(self.interrupted) or self.state.done
        self.interrupted = stop and not self.state.done
        settings = self.params.train
        due = time.monotonic() - self.saved_at > 60 * settings.save_minutes
        counted = settings.save_steps is not None and figures.step % settings.save_steps == 0
        if ended or stop or counted or self._any(due):
            self.save()
        return not stop

    def show(self, figures: Figures) -> None:
        """Move the bar and log every few steps."""
        best = f"  best MRR {self.state.best:.4f}" if self.state.best >= 0 else ""
        note = f"loss {figures.loss:.3f}  {self.speed() or 0:,.0f} tokens/s{best}"
        self.progress(figures.step, self.params.train.last_epoch() * self.an_epoch, note)
        if figures.step % LOG_EVERY == 0 or figures.step % self.an_epoch == 0:
            values = {"loss": figures.loss, "lr": figures.lr, "gradient_norm": figures.norm}
            self.tracker.log(values, figures.step)

    def end_epoch(self, epoch: int) -> None:
        """Rank the validation rows; keep the best weights; decide whether to go on."""
        last = self.state.step == self.params.train.last_epoch() * self.an_epoch
        self.state = replace(self.state, done=last)
        if not len(self.validation):
            return
        mrr = self.ask()
        self.tracker.log({"validation_mrr_100": mrr, "epoch": epoch}, self.state.step)
        if mrr > self.state.best:
            self.state = replace(self.state, best=mrr, best_step=self.state.step, waited=0)
            self.keep_best(self.chosen_at(epoch, mrr))
            return
        patience = self.params.train.patience
        self.state = replace(self.state, waited=self.state.waited + 1)
        if patience and self.state.waited >= patience and not last:
            self.stopped = f"early, {patience} epochs without a better MRR@100"
            self.state = replace(self.state, done=True)

    def ask(self) -> float:
        """Rank the validation rows in each way of asking; the best becomes the model's.

        Most logs end a context with a session, some (leave-one-out) in the middle of one, so the
        question is for a session to come, or for the next event of this one.
        """
        config, found = self.model.config, {}
        for asks in self.params.train.ways():
            config.asks = asks
            found[asks] = self.validation.ranked(self.model, self.task.catalogue, self.accelerator)
        config.asks = max(found, key=lambda asks: found[asks][0])
        mrr, policy = found[config.asks]
        config.seen = policy.model_dump()
        self.model.train()
        return mrr

    def keep_best(self, chosen: Chosen) -> None:
        """Write the model that ranks best so far."""
        if self.accelerator.is_main_process:
            mark = {"step": self.state.best_step, "validation_mrr_100": self.state.best}
            with tables.atomic(self.checkpoints / "best") as scratch:
                self.model.save_pretrained(scratch)
                (scratch / BEST).write_text(json.dumps(mark), encoding="utf-8")
                write_chosen(scratch, chosen)
                checkpointing.flush(scratch)

    def chosen(self) -> Chosen:
        """Which epoch is published."""
        best = self.checkpoints / "best"
        if best.exists():
            return read_chosen(best)
        done = self.state.step // self.an_epoch
        return self.chosen_at(done, None)

    def chosen_at(self, epoch: int, mrr: float | None) -> Chosen:
        """Describe the model as it stands."""
        return Chosen(epoch, self.params.train.epochs, mrr, self.model.config.asks)

    def save(self) -> None:
        """Write a checkpoint; drop those that are too many."""
        if self.accelerator.is_main_process:
            checkpointing.save(self.checkpoints, self.model, self.optimizers, self.state)
            checkpointing.prune(self.checkpoints, self.params.train.keep)
        self.saved_at = time.monotonic()

    def publish(self, out: Path, names: pl.Series, given: Calibration | None = None) -> None:
        """Put the best model, or without validation rows the last, where predict looks.

        Beside it go the vacancy ids of its vocabulary, its epoch, and its calibration.

        Args:
            out: Directory of the model.
            names: Vacancy ids of its vocabulary.
            given: Calibration of a model that has no validation rows of its own.
        """
        best, found = self.checkpoints / "best", given
        model = HhrecModel.read(best) if best.exists() else self.model
        if best.exists():
            found = self.calibrated(model.to(self.accelerator.device))
        if found:
            model.config.seen, model.config.answers = found.seen, found.answers
        self.calibration = found
        with tables.atomic(out) as scratch:
            model.save_pretrained(scratch)
            write_names(scratch, names)
            write_chosen(scratch, self.chosen())
            if found:
                calibration.write(scratch, found)

    def calibrated(self, model: HhrecModel) -> Calibration:
        """Weigh the parts of the best model on the validation rows; compare it with baselines."""
        with torch.inference_mode():
            fitted = self.validation.fitted(model, self.task.catalogue)
        found = fitting.calibration_of(fitted, self.validation.names, self.validation.lag)
        learned = self.validation.learned
        shelves = {**(learned.shelves if learned else {}), "last_viewed": own_vacancies}
        rows = self.validation.rows
        return beside_baselines(found, fitted.gains, rows, shelves, self.params)

    def speed(self) -> float | None:
        """Events trained on a second, over all processes."""
        return round(self.tokens / self.seconds, 1) if self.seconds else None

    def padding(self) -> float:
        """Share of the positions of this process's batches that hold nothing."""
        share = 1 - self.filled / self.positions if self.positions else padding(self.task)
        return round(share, 4)

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Let Ctrl-C and SIGTERM end the training after the running step, with a checkpoint."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def ask_to_stop(number: int, frame: FrameType | None) -> None:
            del frame
            self.interrupted = True
            self.stopped = f"interrupted by {signal.Signals(number).name}"

        kinds = (signal.SIGINT, signal.SIGTERM)
        old = {kind: signal.signal(kind, ask_to_stop) for kind in kinds}
        try:
            yield
        finally:
            for kind, handler in old.items():
                signal.signal(kind, handler)

    def _any(self, flag: bool) -> bool:  # noqa: FBT001
        """Whether the flag is up in any process: all must leave the loop together."""
        if self.accelerator.num_processes == 1:
            return flag
        raised = torch.tensor(float(flag), device=self.accelerator.device)
        return float(self.accelerator.reduce(raised)) > 0
