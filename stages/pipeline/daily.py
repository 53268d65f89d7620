"""A day: today's raw files and yesterday's artifacts in, today's recommendations out.

Nothing is held out of what the recommendations are made from, so today's last events count. Vacancies
that today's catalogue lacks are not recommended. Without training, yesterday's model answers, with its
item ids and code books; with training, it is where two trainings start: one that validates, in
`validated/`, and the final fit on everything, for as many epochs as validation chose.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import NamedTuple

from stages import predict
from stages.bundle import stage as bundle
from stages.core.artifact_paths import (
    BOOKS_DIR,
    BUNDLE_DIR,
    FEATURES_DIR,
    FINAL_DIR,
    MODEL_DIR,
    SEQUENCES_DIR,
    TEST,
    TEXT_CACHE_DIR,
    VACANCIES_FILE,
    VALIDATED_DIR,
    VOCAB_FILE,
    predictions_file,
)
from stages.core.model_files import require
from stages.core.results import RESULTS
from stages.interface.errors import MissingInputError, UsageError
from stages.interface.stage_report import Progress, Report, silent
from stages.params import Params
from stages.pipeline import final_fit, pipeline, take_over
from stages.pipeline.pipeline import Start, Step, step_of
from stages.pipeline.provenance import claim, clear_final

UNWANTED = {"predict test", "bundle"}  # of the validated model: nobody is answered by it
DATA = {"explode", "filter", "vocab", "features", "sequences"}


class Day(NamedTuple):
    """Where a day's files are.

    Attributes:
        raw: Today's raw files.
        origin: Yesterday's artifacts.
        artifacts: Today's.
        text_cache: Vectors of texts made so far.
        keep_expired: Whether vacancies that the catalogue lacks may be recommended.
    """

    raw: Path
    origin: Path
    artifacts: Path
    text_cache: Path
    keep_expired: bool = False

    def start(self) -> Start:
        """What a training starts from."""
        return Start(self.origin / MODEL_DIR, self.origin / FEATURES_DIR / BOOKS_DIR)

    def allowed(self) -> Path | None:
        """The vacancies that may be recommended: those of today's catalogue."""
        return None if self.keep_expired else self.raw / VACANCIES_FILE


def run(
    params: Params,
    *,
    raw: Path,
    origin: Path,
    artifacts: Path,
    train: bool = False,
    keep_expired: bool = False,
    text_cache: Path | None = None,
    force: bool = False,
    resume: bool = False,
    progress: Callable[[str], AbstractContextManager[Progress]] = lambda _: nullcontext(silent),
) -> Iterator[tuple[str, Report]]:
    """Make today's recommendations; yield the name and report of each step as it ends.

    Args:
        params: All parameters; `raw` of the call stands above the one in them.
        raw: Directory of today's train.parquet, test.parquet and vacancies.parquet.
        origin: Yesterday's artifacts, of `run` or of this; its `final/` where it has one. Only read.
        artifacts: Directory of everything that is written.
        train: Train from yesterday's weights, instead of taking them over.
        keep_expired: Recommend vacancies that today's catalogue lacks, too.
        text_cache: Vectors of texts made so far; `text-cache` beside `artifacts` if not given.
        force: Replace the artifacts of other input files instead of refusing.
        resume: Let training go on from its newest checkpoint.
        progress: Opens the progress display of a step, given its name.

    Raises:
        UsageError: `origin` is where today's artifacts are to stand, or inside.
        MissingInputError: An input file, or something of yesterday's, is not there.
        HhrecError: A directory holds what is not ours, or a stage found a fault.
    """
    day = Day(
        raw,
        newest(origin),
        artifacts,
        text_cache or artifacts.parent / TEXT_CACHE_DIR,
        keep_expired,
    )
    require_apart(origin, artifacts)
    require_origin(day.origin, train=train)
    params = params.model_copy(update={"raw": str(raw)})
    held = claim(raw, artifacts, RESULTS, force=force)
    if train:
        held += claim(raw, artifacts / VALIDATED_DIR, RESULTS, force=force)
    clear_final(artifacts, RESULTS)  # tomorrow would start from it
    planned = trained(params, day, resume=resume) if train else taken(params, day)
    yield from pipeline.worked(planned, progress)
    held.clear()


def taken(params: Params, day: Day) -> Iterator[Step]:
    """The steps with yesterday's model as it is: its item ids go on, new vacancies behind them."""
    out, kept = day.artifacts, day.start()._replace(model=None, vocab=day.origin / VOCAB_FILE)
    steps = pipeline.steps(whole(params), day.raw, out, day.text_cache, start=kept, now=True)
    yield from (step for step in steps if step.name in DATA)
    yield step_of("model", take_over.run, params, model=day.origin / MODEL_DIR, out=out / MODEL_DIR)
    yield from last(params, day)


def trained(params: Params, day: Day, *, resume: bool) -> Iterator[Step]:
    """The steps that train from yesterday's model: once to validate, once more on everything."""
    out, start = day.artifacts, day.start()
    judged = out / VALIDATED_DIR
    for name, work in pipeline.steps(
        params, day.raw, judged, day.text_cache, resume=resume, start=start
    ):
        if name not in UNWANTED:
            yield Step(f"validated {name}", work)
    chosen = final_fit.final_params(params, judged / MODEL_DIR)
    steps = pipeline.steps(
        chosen,
        day.raw,
        out,
        day.text_cache,
        resume=resume,
        start=start,
        calibrated=judged / MODEL_DIR,
        now=True,
    )
    yield from (step for step in steps if step.name in {*DATA, "train"})
    yield from last(chosen, day)


def last(params: Params, day: Day) -> Iterator[Step]:
    """What every day ends with, whether it trained or not."""
    out = day.artifacts
    yield step_of("predict test", predict.run, params, model=out / MODEL_DIR, **paths(out),
                  allow=day.allowed(), out=out / predictions_file(TEST))  # fmt: skip
    yield step_of("bundle", bundle.run, params, model=out / MODEL_DIR, **paths(out),
                  vacancies=day.raw / VACANCIES_FILE, withdraw=not day.keep_expired,
                  out=out / BUNDLE_DIR)  # fmt: skip


def paths(out: Path) -> dict[str, Path]:
    """What a model is asked with."""
    return {
        "sequences": out / SEQUENCES_DIR,
        "features": out / FEATURES_DIR,
        "vocab": out / VOCAB_FILE,
    }


def whole(params: Params) -> Params:
    """The parameters, with nothing held out."""
    return params.model_copy(update={"split": params.split.model_copy(update={"kind": "none"})})


def newest(origin: Path) -> Path:
    """Yesterday's artifacts, or its final fit where there is one."""
    final = origin / FINAL_DIR
    return final if (final / MODEL_DIR).is_dir() else origin


def require_apart(origin: Path, artifacts: Path) -> None:
    """Refuse to write over yesterday: a day that fails must not take it along."""
    today = artifacts.resolve()
    if any(
        today in (place, *place.parents) for place in (origin.resolve(), newest(origin).resolve())
    ):
        raise UsageError(
            f"{artifacts}: holds yesterday's artifacts, which today's are made from",
            "name a directory for today with --artifacts DIR",
        )


def require_origin(origin: Path, *, train: bool) -> None:
    """Raise MissingInputError unless what is needed of yesterday is there."""
    require(origin / MODEL_DIR)
    needed = [origin / FEATURES_DIR / BOOKS_DIR, *([] if train else [origin / VOCAB_FILE])]
    for path in needed:
        if not path.exists():
            raise MissingInputError(
                f"{path}: not found, but yesterday's artifacts are expected in {origin}",
                "name what `hhrec run` or `hhrec daily` wrote with --from DIR",
            )
