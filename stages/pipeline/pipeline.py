"""All stages in order in one process: `hhrec run`, for any directory and without DVC."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from stages import explode, features, predict, sequences, train, vocab
from stages import filter as filter_stage
from stages import report as page
from stages.bundle import stage as bundle
from stages.core.artifact_paths import (
    BUNDLE_DIR,
    CHECKPOINTS_DIR,
    CONTINUED,
    EVENTS_DIR,
    FEATURES_DIR,
    FILTERED_DIR,
    FINAL_DIR,
    LIVE_DIR,
    METRICS_DIR,
    MODEL_DIR,
    REPORT_FILE,
    SEQUENCES_DIR,
    TEST,
    TEST_FILE,
    TEXT_CACHE_DIR,
    TRAIN_FILE,
    VACANCIES_FILE,
    VALIDATION,
    VOCAB_FILE,
    predictions_file,
)
from stages.core.results import RESULTS
from stages.evaluate import stage as evaluate
from stages.interface.stage_report import Progress, Report, silent
from stages.params import Params
from stages.pipeline import final_fit
from stages.pipeline.provenance import claim, clear_final


class Start(NamedTuple):
    """What is started from: an older model, its code books, and a vocabulary whose ids go on."""

    model: Path | None = None
    books: Path | None = None
    vocab: Path | None = None


NOTHING = Start()


class Step(NamedTuple):
    """One stage with its parameters and paths; `work(progress=hook)` runs it."""

    name: str
    work: Callable[..., Report]


def run(
    params: Params,
    *,
    raw: Path,
    artifacts: Path,
    force: bool = False,
    resume: bool = False,
    final: bool = False,
    progress: Callable[[str], AbstractContextManager[Progress]] = lambda _: nullcontext(silent),
) -> Iterator[tuple[str, Report]]:
    """Run every stage from `raw` into `artifacts`; yield its name and report as each ends.

    Args:
        params: All parameters; `raw` of the call stands above the one in them.
        raw: Directory of train.parquet, test.parquet, vacancies.parquet and maybe labels.parquet.
        artifacts: Directory of everything that is written.
        force: Remove the artifacts of other inputs instead of refusing.
        resume: Let training go on from its newest checkpoint, the final one too; the data stages
            write the same bytes again.
        final: When all is done, train on everything and predict anew in `artifacts/final`.
        progress: Opens the progress display of a stage, given its name.

    Raises:
        MissingInputError: An input file is not there.
        HhrecError: `artifacts` was made from other inputs, or a stage found a fault.
    """
    held = claim(raw, artifacts, RESULTS, force=force)
    params = params.model_copy(update={"raw": str(raw)})
    clear_final(artifacts, RESULTS, kept=CONTINUED if final and resume else ())
    planned = steps(params, raw, artifacts, resume=resume)
    last = _final(params, raw, artifacts, resume=resume) if final else ()
    yield from worked(chain(planned, last), progress)
    held.clear()


def worked(
    planned: Iterable[Step], progress: Callable[[str], AbstractContextManager[Progress]]
) -> Iterator[tuple[str, Report]]:
    """Do steps one after the other; yield the name and report of each as it ends."""
    for step in planned:
        with progress(step.name) as hook:
            report = step.work(progress=hook)
        yield step.name, report


def _final(params: Params, raw: Path, artifacts: Path, *, resume: bool) -> Iterator[Step]:
    """The final fit's steps, planned once the validated model is there."""
    chosen = final_fit.final_params(params, artifacts / MODEL_DIR)
    out, cache = artifacts / FINAL_DIR, artifacts / TEXT_CACHE_DIR
    judged = artifacts / MODEL_DIR
    for name, work in steps(chosen, raw, out, cache, resume=resume, calibrated=judged):
        if name in final_fit.STAGES:
            yield Step(f"final {name}", work)


def steps(
    params: Params,
    raw: Path,
    out: Path,
    text_cache: Path | None = None,
    *,
    resume: bool = False,
    calibrated: Path | None = None,
    start: Start = NOTHING,
    now: bool = False,
) -> tuple[Step, ...]:
    """The stages with their paths under `out`: the graph of dvc.yaml, as calls."""
    labels = evaluate.found_labels(raw)
    items = {"features": out / FEATURES_DIR, "vocab": out / VOCAB_FILE}
    asked = {"sequences": out / SEQUENCES_DIR, **items}
    answers = {part: out / predictions_file(part) for part in (TEST, VALIDATION)}
    return (
        step_of("explode", explode.run, params, train=raw / TRAIN_FILE,
              test=raw / TEST_FILE, out=out / EVENTS_DIR),
        step_of("filter", filter_stage.run, params, events=out / EVENTS_DIR, out=out / FILTERED_DIR),
        step_of("vocab", vocab.run, params, events=out / FILTERED_DIR,
              vacancies=raw / VACANCIES_FILE, out=items["vocab"], extend=start.vocab),
        step_of("features", features.run, params, vacancies=raw / VACANCIES_FILE,
              vocab=items["vocab"], out=items["features"], text_cache=text_cache, books=start.books),
        step_of("sequences", sequences.run, params, filtered=out / FILTERED_DIR,
              events=out / EVENTS_DIR, vocab=items["vocab"], out=asked["sequences"],
              now=now),
        step_of("train", train.run, params, **asked, out=out / MODEL_DIR,
              checkpoints=out / CHECKPOINTS_DIR, live=out / LIVE_DIR, resume=resume,
              calibrated=calibrated, origin=start.model),
        *(
            step_of(f"predict {part}", predict.run, params, model=out / MODEL_DIR, **asked,
                  out=file, part=part)
            for part, file in answers.items()
        ),
        step_of("evaluate", evaluate.run, params, predictions=answers[TEST],
              validation_predictions=answers[VALIDATION], labels=labels,
              sequences=asked["sequences"], vocab=items["vocab"], raw=raw, out=out / METRICS_DIR,
              model=out / MODEL_DIR),
        step_of("report", page.run, params, raw=raw, artifacts=out, out=out / REPORT_FILE),
        step_of("bundle", bundle.run, params, model=out / MODEL_DIR, **asked, out=out / BUNDLE_DIR),
    )  # fmt: skip


def step_of(name: str, stage: Callable[..., Report], params: Params, **given: object) -> Step:
    """Bind a stage's run to its parameters and paths."""
    return Step(name, partial(stage, params, **given))
