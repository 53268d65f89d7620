"""Tune: trainings with parameters from a space, judged by MRR@100 on the validation rows alone."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from stages.core import kinds, outputs, tables, trials_file
from stages.core.artifact_paths import VALIDATION
from stages.core.schema import VALIDATION_SEQUENCES
from stages.core.trials_file import Trial, Trials
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Progress, silent
from stages.params import Params
from stages.train.fingerprint import fingerprint_of
from stages.tune.report import TuneReport, report_of
from stages.tune.search import Search
from stages.tune.space import DEFAULT, parsed
from stages.tune.trial import Running, beside, clear, place_of

TRIALS = 20
HOPELESS_START = 3  # trials that fail before any has a score


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

    for done in found.trials:
        if done.state != "running":
            clear(place_of(out, done.number))

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
        told = beside(progress, number, trials)
        one = Running(params, given, place_of(out, number), search, save, told)
        if not one.run(number, earlier):
            return report_of(found, interrupted=True)
        require_hope(found)
        progress(number + 1, trials)
    return report_of(found, interrupted=False)


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
