"""The pipeline: all of it, one step, or the training alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stages.core.artifact_paths import (
    CHECKPOINTS_DIR,
    FEATURES_DIR,
    LIVE_DIR,
    MODEL_DIR,
    SEQUENCES_DIR,
    VOCAB_FILE,
)
from stages.core.results import RESULTS
from stages.interface.errors import HhrecError, UsageError
from stages.interface.stage_report import Progress, Report, silent
from stages.params import Params, load, validated
from stages.pipeline import pipeline
from stages.pipeline.provenance import claim
from stages.train.report import TrainReport
from stages.train.stage import run as train_stage


def parameters(
    base: Params | str | Path | None = None, /, **sections: Mapping[str, Any] | int
) -> Params:
    """Give parameters: the defaults, others, or those of a YAML file, with some keys changed.

    Args:
        base: Parameters, or a file such as `params.yaml`; no file is read without it.
        sections: Keys by section, such as `train={"epochs": 2}`; or `seed=1`.

    Raises:
        HhrecError: A parameter is unknown or out of range; the error lists all of them.
    """
    known = load(Path(base)) if isinstance(base, str | Path) else base or Params()
    values: dict[str, Any] = known.model_dump()
    for name, given in sections.items():
        values[name] = _over(name, values.get(name), given)
    return validated(values, where="hhrec.parameters")


def run(
    raw: str | Path,
    artifacts: str | Path,
    *,
    params: Params | None = None,
    force: bool = False,
    resume: bool = False,
    final: bool = False,
) -> dict[str, Report]:
    """Run every stage, from the input files in `raw` into `artifacts`, as `hhrec run` does.

    Args:
        raw: Directory of train.parquet, test.parquet, vacancies.parquet and maybe labels.parquet.
        artifacts: Directory of everything that is written.
        params: All parameters; the defaults if not given.
        force: Replace what was made from other input files.
        resume: Let training go on from its newest checkpoint.
        final: Then train on everything, and predict from that into `final/`.

    Returns:
        The report of each step, by name, in order.

    Raises:
        MissingInputError: An input file is not there.
        HhrecError: `artifacts` was made from other input files, or a stage found a fault.
    """
    steps = pipeline.run(
        params or Params(),
        raw=Path(raw),
        artifacts=Path(artifacts),
        force=force,
        resume=resume,
        final=final,
    )
    return dict(steps)


def run_step(
    name: str,
    raw: str | Path,
    artifacts: str | Path,
    *,
    params: Params | None = None,
    progress: Progress = silent,
) -> Report:
    """Run one step of `run` on what the earlier steps wrote.

    Args:
        name: explode, filter, vocab, features, sequences, train, predict test, predict validation,
            evaluate, report or bundle.
        raw: Directory of the input files.
        artifacts: Directory of everything that is written; it belongs to one set of input files.
        params: All parameters; the defaults if not given.
        progress: Told how far the step has come.

    Raises:
        UsageError: There is no such step.
        MissingInputError: What the step reads is not there.
        HhrecError: `artifacts` was made from other input files, or the stage found a fault.
    """
    settings = (params or Params()).model_copy(update={"raw": str(raw)})
    steps = {step.name: step for step in pipeline.steps(settings, Path(raw), Path(artifacts))}
    if name not in steps:
        raise UsageError(
            f"step {name!r}: no such step; expected one of {', '.join(steps)}",
            "hhrec.run_step('train', raw, artifacts)",
        )
    claim(Path(raw), Path(artifacts), RESULTS, force=False)
    return steps[name].work(progress=progress)


def train(
    artifacts: str | Path,
    *,
    params: Params | None = None,
    out: str | Path | None = None,
    start_from: str | Path | None = None,
    resume: bool = False,
    progress: Progress = silent,
) -> TrainReport:
    """Train a model on the sequences among `artifacts`, as `hhrec train` does.

    Args:
        artifacts: Directory with sequences, features and vocab.parquet.
        params: All parameters; the defaults if not given.
        out: Directory of the model; `model` among the artifacts if not given. Checkpoints and
            curves are written beside it.
        start_from: An older model whose weights it starts from.
        resume: Go on from the newest checkpoint.
        progress: Told how far it has come.

    Raises:
        MissingInputError: A table is not there.
        HhrecError: There is nothing to train on, or too little memory.
    """
    root = Path(artifacts)
    model = Path(out) if out else root / MODEL_DIR
    return train_stage(
        params or Params(),
        sequences=root / SEQUENCES_DIR,
        features=root / FEATURES_DIR,
        vocab=root / VOCAB_FILE,
        out=model,
        checkpoints=model.parent / CHECKPOINTS_DIR,
        live=model.parent / LIVE_DIR,
        origin=Path(start_from) if start_from else None,
        resume=resume,
        progress=progress,
    )


def _over(name: str, under: Any, given: Any) -> Any:
    """Lay keys over those of a section, sections inside it too; a plain value replaces another."""
    if not isinstance(given, Mapping):
        return given
    if not isinstance(under, Mapping):
        raise HhrecError(
            f"{name}: not a section; found keys {[*given]}", "`hhrec params` lists all"
        )
    inner = {key: _over(f"{name}.{key}", under.get(key), value) for key, value in given.items()}
    return {**under, **inner}
