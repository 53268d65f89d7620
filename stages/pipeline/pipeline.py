"""All stages in order in one process: `hhrec run`, for any directory and without DVC."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from stages import explode, features, predict, sequences, train, vocab
from stages import filter as filter_stage
from stages import report as page
from stages.core import tables
from stages.evaluate import stage as evaluate
from stages.interface.stage_report import Progress, Report, silent
from stages.params import Params
from stages.pipeline import final_fit
from stages.pipeline.provenance import claim

OUTPUTS = (
    "events",
    "filtered",
    "vocab.parquet",
    "features",
    "sequences",
    "model",
    "checkpoints",
    "live",
    "predictions.parquet",
    "validation_predictions.parquet",
    "metrics",
    "report.html",
    final_fit.DIRECTORY,
)


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
        resume: Let training go on from its newest checkpoint; the data stages write the same
            bytes again.
        final: When all is done, train on everything and predict anew in `artifacts/final`.
        progress: Opens the progress display of a stage, given its name.

    Raises:
        MissingInputError: An input file is not there.
        HhrecError: `artifacts` was made from other inputs, or a stage found a fault.
    """
    claim(raw, artifacts, OUTPUTS, force=force)
    params = params.model_copy(update={"raw": str(raw)})
    tables.remove(artifacts / final_fit.DIRECTORY)  # an older one is not of this run's model
    planned = steps(params, raw, artifacts, resume=resume)
    for step in chain(planned, _final(params, raw, artifacts) if final else ()):
        with progress(step.name) as hook:
            report = step.work(progress=hook)
        yield step.name, report


def _final(params: Params, raw: Path, artifacts: Path) -> Iterator[Step]:
    """The final fit's steps, planned once the validated model is there."""
    chosen = final_fit.final_params(params, artifacts / "model")
    out, cache = artifacts / final_fit.DIRECTORY, artifacts / "text-cache"
    for name, work in steps(chosen, raw, out, cache, calibrated=artifacts / "model"):
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
) -> tuple[Step, ...]:
    """The stages with their paths under `out`: the graph of dvc.yaml, as calls."""
    labels = evaluate.found_labels(raw)
    items = {"features": out / "features", "vocab": out / "vocab.parquet"}
    asked = {"sequences": out / "sequences", **items}
    answers = {
        "test": out / "predictions.parquet",
        "validation": out / "validation_predictions.parquet",
    }
    return (
        _step("explode", explode.run, params, train=raw / "train.parquet",
              test=raw / "test.parquet", out=out / "events"),
        _step("filter", filter_stage.run, params, events=out / "events", out=out / "filtered"),
        _step("vocab", _quietly(vocab.run), params, events=out / "filtered",
              vacancies=raw / "vacancies.parquet", out=items["vocab"]),
        _step("features", features.run, params, vacancies=raw / "vacancies.parquet",
              vocab=items["vocab"], out=items["features"], text_cache=text_cache),
        _step("sequences", sequences.run, params, filtered=out / "filtered",
              events=out / "events", vocab=items["vocab"], out=asked["sequences"]),
        _step("train", train.run, params, **asked, out=out / "model",
              checkpoints=out / "checkpoints", live=out / "live", resume=resume,
              calibrated=calibrated),
        *(
            _step(f"predict {part}", predict.run, params, model=out / "model", **asked,
                  out=file, part=part)
            for part, file in answers.items()
        ),
        _step("evaluate", evaluate.run, params, predictions=answers["test"],
              validation_predictions=answers["validation"], labels=labels,
              sequences=asked["sequences"], vocab=items["vocab"], raw=raw, out=out / "metrics",
              model=out / "model"),
        _step("report", page.run, params, raw=raw, artifacts=out, out=out / "report.html"),
    )  # fmt: skip


def _step(name: str, stage: Callable[..., Report], params: Params, **given: object) -> Step:
    return Step(name, partial(stage, params, **given))


def _quietly(stage: Callable[..., Report]) -> Callable[..., Report]:
    """Give a stage too quick for a progress bar the argument that the others have."""

    def run(params: Params, *, progress: Progress, **given: Path) -> Report:
        del progress
        return stage(params, **given)

    return run
