"""Tune: trainings with parameters from a space, judged by MRR@100 on the validation rows alone."""

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from stages.core import kinds, outputs, tables, trials_file
from stages.core.artifact_paths import CHECKPOINTS_DIR, MODEL_DIR, VALIDATION
from stages.core.schema import VALIDATION_SEQUENCES
from stages.core.trials_file import Trial, Trials
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Progress, silent
from stages.params import Params
from stages.train import stage as training
from stages.train.fingerprint import fingerprint_of
from stages.tune.report import TuneReport, report_of
from stages.tune.search import Search
from stages.tune.space import DEFAULT, laid_over, parsed

TRIALS = 20
HOPELESS_START = 3  # trials that fail before any has a score


class Pruned(Exception):  # noqa: N818  no error: the end of a trial
    """A trial is behind most others, and ends."""


def run(
    params: Params,
    *,
    sequences: Path,
    features: Path,
    vocab: Path,
    out: Path,
    space: Sequence[str] = DEFAULT,
    trials: int = TRIALS,
    anew: bool = False,
    progress: Progress = silent,
) -> TuneReport:
    """Run trials until there are so many; what `out` holds already is gone on from.

    Args:
        params: All parameters; what the space names is laid over them.
        sequences: Directory of sequences; the labels of the validation rows are inside.
        features: Features of the vacancies.
        vocab: Their item ids.
        out: File of the trials. Their trainings stand beside it for the time of a trial.
        space: Ranges and choices, such as `train.lr=0.001..0.01:log`.
        trials: How many, with those that `out` holds.
        anew: Drop what `out` holds.
        progress: Told how many are done, and where the present one stands.

    Raises:
        MissingInputError: A table is not there.
        UsageError: The space makes no sense.
        HhrecError: `out` holds trials of another search, there is nothing to validate on, or every
            trial failed.
    """
    axes = parsed(space)
    require_one_process()
    require_validation(sequences)
    made = outputs.prepare(
        out,
        kinds.TRIALS,
        inputs={"sequences": sequences, "features": features, "vocab": vocab},
        params=params,
    )
    given = {"sequences": sequences, "features": features, "vocab": vocab}
    found = begun(params, out, given, space, anew=anew)

    def save(trial: Trial) -> None:
        nonlocal found
        found = replace(found, trials=(*found.trials[: trial.number], trial))
        with made.replacing() as scratch:
            trials_file.write(found, scratch)

    for number in range(trials):
        earlier = found.trials[number] if number < len(found.trials) else None
        if earlier and earlier.state != "running":
            continue
        search = Search(axes, found.trials[:number], seed=params.seed, number=number)
        place = out.parent / f"{out.stem}-{number:04d}"
        told = _beside(progress, number, trials)
        one = Running(params, given, place, search, save, told)
        if not one.run(number, earlier):
            return report_of(found, interrupted=True)
        require_hope(found)
        progress(number + 1, trials)
    return report_of(found, interrupted=False)


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
        outputs.remove(self.place / MODEL_DIR, kinds.MODEL)
        outputs.remove(self.place / CHECKPOINTS_DIR, kinds.CHECKPOINTS)
        outputs.remove_empty(self.place)
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


def begun(
    params: Params, out: Path, given: dict[str, Path], space: Sequence[str], *, anew: bool
) -> Trials:
    """The search so far: what `out` holds, or nothing.

    Raises:
        HhrecError: `out` holds trials on other data, with other parameters or from another space.
    """
    words = [fingerprint_of(params, given["sequences"], given["features"], given["vocab"]), *space]
    study = hashlib.sha256("\n".join(words).encode()).hexdigest()
    found = None if anew else trials_file.read(out)
    if found and found.study != study:
        raise HhrecError(
            f"{out}: holds {len(found.trials)} trials on other data, with other parameters or from "
            f"another space ({', '.join(found.space)})",
            "begin anew with --anew, or name another file with --out",
        )
    return found or Trials(study, tuple(space))


def require_one_process() -> None:
    """Refuse several processes: each would search on its own."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise HhrecError(
            "hhrec tune: expected one process, found several", "type it without `accelerate launch`"
        )


def require_validation(sequences: Path) -> None:
    """Refuse sequences in which nothing is held out: trials are judged by that alone."""
    held = tables.scan(
        sequences / VALIDATION, VALIDATION_SEQUENCES, made_by="hhrec sequences build"
    )
    if not held.select(pl.len()).collect().item():
        raise HhrecError(
            f"{sequences / VALIDATION}: no rows, but trials are judged by validation rows alone",
            "choose another split.kind, and run from `hhrec explode` on",
        )


def require_hope(found: Trials) -> None:
    """Refuse to go on where the first trials have all failed."""
    failed = [one for one in found.trials if one.state == "failed"]
    if len(failed) == len(found.trials) and len(failed) >= HOPELESS_START:
        raise HhrecError(
            f"the first {len(failed)} trials failed: {failed[-1].why}",
            "change --space or the parameters, and add --anew",
        )


def _beside(progress: Progress, number: int, trials: int) -> Progress:
    """Progress of a trial as the note of that of the search."""

    def hook(done: int, total: int, note: str = "", **figures: float) -> None:
        text = f"trial {number}: step {done:,} of {total:,}  {note}"
        progress(number, trials, text, **figures)

    return hook
