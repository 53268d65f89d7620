"""Add up what the steps of a run did, and show it: on the progress bar and on the tracker."""

from stages.interface.stage_report import Progress
from stages.train.dataset import TrainingData, padding, steps_per_epoch
from stages.train.loop import Figures
from stages.train.metric_loggers import Tracker

LOG_EVERY = 10  # steps between figures on the tracker


class Metrics:
    """Loss, speed and padding of the steps that this process has seen."""

    def __init__(
        self, task: TrainingData, processes: int, tracker: Tracker, progress: Progress
    ) -> None:
        self.task, self.processes = task, processes
        self.tracker, self.progress = tracker, progress
        self.an_epoch = steps_per_epoch(task, processes)
        self.loss: float | None = None
        self.tokens, self.filled, self.positions, self.seconds = 0, 0, 0, 0.0

    def add(self, figures: Figures) -> None:
        """Count a step."""
        self.loss = figures.loss
        self.tokens += figures.tokens * self.processes
        self.filled += figures.filled
        self.positions += figures.positions
        self.seconds += figures.seconds

    def show(self, figures: Figures, best: float) -> None:
        """Move the bar and log every few steps; `best` is the best MRR@100 so far, or below 0."""
        found = f"  best MRR {best:.4f}" if best >= 0 else ""
        note = f"loss {figures.loss:.3f}  {self.speed() or 0:,.0f} tokens/s{found}"
        told = {"loss": figures.loss, "tokens_per_second": self.speed() or 0}
        told |= {"best_mrr_100": best} if best >= 0 else {}
        total = self.task.settings.last_epoch() * self.an_epoch
        self.progress(figures.step, total, note, **told)
        if figures.step % LOG_EVERY == 0 or figures.step % self.an_epoch == 0:
            values = {"loss": figures.loss, "lr": figures.lr, "gradient_norm": figures.norm}
            self.tracker.log(values, figures.step)

    def log_validation(self, epoch: int, mrr: float, step: int) -> None:
        """Log the MRR@100 on the validation rows after an epoch."""
        self.tracker.log({"validation_mrr_100": mrr, "epoch": epoch}, step)

    def speed(self) -> float | None:
        """Events trained on a second, over all processes."""
        return round(self.tokens / self.seconds, 1) if self.seconds else None

    def padding(self) -> float:
        """Share of the positions of this process's batches that hold nothing."""
        share = 1 - self.filled / self.positions if self.positions else padding(self.task)
        return round(share, 4)
