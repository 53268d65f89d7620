"""One trial at work: trained under a search's eyes, written down epoch by epoch, then cleared away."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from stages.core import kinds, manifests, outputs, trials_file
from stages.core.artifact_paths import CHECKPOINTS_DIR, MODEL_DIR
from stages.core.trials_file import Trial
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Progress
from stages.params import Params
from stages.train import stage as training
from stages.tune.search import Search
from stages.tune.space import laid_over


class Pruned(Exception):  # noqa: N818  no error: the end of a trial
    """A trial is behind most others, and ends."""


class Running:
    """A trial at work: `run` gives false where a signal ended it."""

    def __init__(
        self,
        params: Params,
        given: dict[str, Path],
        place: Path,
        search: Search,
        save: Callable[[Trial], None],
        progress: Progress,
    ) -> None:
        self.params, self.given, self.place = params, given, place
        self.search, self.save, self.progress = search, save, progress

    def run(self, number: int, earlier: Trial | None) -> bool:
        """Train, writing down each epoch; then remove what was trained."""
        if earlier is None:
            clear(self.place)  # of another search, which was cut off
        self.trial = earlier or Trial(number, "running", {})
        self.trial = replace(self.trial, params=self.search.begin(earlier))
        self.save(self.trial)
        self.before, self.began = self.trial.seconds, time.monotonic()
        try:
            if self.train():
                return False
            self.end("complete")
        except Pruned:
            self.end("pruned")
        except HhrecError as error:
            self.end("failed", error.message)
        clear(self.place)
        return True

    def train(self) -> bool:
        """Train and validate; true where a signal ended it."""
        chosen = laid_over(self.params, self.trial.params, f"trial {self.trial.number}")
        report = training.run(
            chosen,
            **self.given,
            out=self.place / MODEL_DIR,
            checkpoints=self.place / CHECKPOINTS_DIR,
            resume=True,
            on_epoch=self.after_epoch,
            progress=self.progress,
        )
        return report.interrupted

    def after_epoch(self, epoch: int, mrr: float) -> None:
        """Write an epoch down; end the trial if it is hopeless."""
        curve = {**dict(self.trial.curve), epoch: mrr}
        self.trial = replace(self.trial, curve=tuple(sorted(curve.items())), seconds=self.passed())
        self.save(self.trial)
        if self.search.hopeless(epoch, mrr):
            raise Pruned

    def end(self, state: trials_file.State, why: str = "") -> None:
        """Write down how the trial ended."""
        self.save(replace(self.trial, state=state, why=why, seconds=self.passed()))

    def passed(self) -> float:
        """Seconds that the trial has taken."""
        return round(self.before + time.monotonic() - self.began, 1)


def place_of(out: Path, number: int) -> Path:
    """Where a trial's training stands while it lasts."""
    return out.parent / f"{out.stem}-{number:04d}"


def clear(place: Path) -> None:
    """Remove what a trial trained; anything else that lies there stays."""
    outputs.remove(place / MODEL_DIR, kinds.MODEL)
    outputs.remove(place / CHECKPOINTS_DIR, kinds.CHECKPOINTS)
    if place.is_dir() and {entry.name for entry in place.iterdir()} <= {manifests.FOLDER}:
        outputs.remove_empty(place)


def beside(progress: Progress, number: int, trials: int) -> Progress:
    """Progress of a trial as the note of that of the search."""

    def hook(done: int, total: int, note: str = "", **figures: float) -> None:
        text = f"trial {number}: step {done:,} of {total:,}  {note}"
        progress(number, trials, text, **figures)

    return hook
