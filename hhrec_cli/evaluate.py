"""`hhrec evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hhrec_cli import _scores
from hhrec_cli._evaluate_options import refuse_unused
from hhrec_cli._options import Common, shared
from stages.core.artifact_paths import (
    ARTIFACTS,
    LABELS_FILE,
    METRICS_DIR,
    MODEL_DIR,
    RAW_FILES,
    SEQUENCES_DIR,
    TEST,
    VALIDATION,
    VOCAB_FILE,
    predictions_file,
)

if TYPE_CHECKING:
    from stages.params import Params


@shared
def evaluate(
    predictions: Annotated[
        Path | None,
        typer.Option(help="Score this file only. (default: the model beside the baselines)"),
    ] = None,
    validation_predictions: Annotated[
        Path | None,
        typer.Option(
            help="The model's predictions for validation rows; with it --predictions are those for "
            "test rows. (default: artifacts/validation_predictions.parquet)"
        ),
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            help="Is the first of two predictions files better than the second?",
            metavar="FILE FILE",
        ),
    ] = None,
    baselines: Annotated[
        str | None,
        typer.Option(
            help="Baselines beside the model, as names with commas between. (default: all)",
            metavar="NAMES",
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(help="True vacancies. (default: RAW/labels.parquet where it exists)"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Directory of metrics (default: artifacts/metrics); with --predictions or "
            "--compare a JSON file, not written unless named."
        ),
    ] = None,
    part: Annotated[
        Literal["test", "validation"] | None,
        typer.Option(help="With --predictions or --compare: whose rows they are. (default: test)"),
    ] = None,
    sequences: Annotated[
        Path, typer.Option(help="Directory of train, validation and test sequences.")
    ] = ARTIFACTS / SEQUENCES_DIR,
    vocab: Annotated[Path, typer.Option(help="The vocabulary.")] = ARTIFACTS / VOCAB_FILE,
    model: Annotated[
        Path,
        typer.Option(
            help="The model's directory, for what it chose on validation rows; read only where the "
            "model stands beside the baselines."
        ),
    ] = ARTIFACTS / MODEL_DIR,
    raw: Annotated[
        Path | None,
        typer.Option(
            help="Directory of the input files. (default: `raw` of the parameters; with "
            "--predictions or --compare where --labels is)"
        ),
    ] = None,
    *,
    common: Common,
) -> None:
    """Score the model beside the baselines, any predictions against labels, or two of them."""
    from stages.baselines import stage as known
    from stages.evaluate import stage

    one = predictions if validation_predictions is None else None
    refuse_unused(predictions, validation_predictions, compare, baselines, part)
    alone = one is not None or compare is not None
    named = raw or (alone and labels)
    settings = common.params(*(() if named else (*RAW_FILES, LABELS_FILE)))
    root = raw or (labels.parent if alone and labels else Path(settings.raw))
    given: dict[str, Any] = {"sequences": sequences, "vocab": vocab, "raw": root}
    if alone:
        rows = part or TEST
        given |= {"labels": stage.labels_of(root, rows, labels), "part": rows, "out": out}
        _alone(settings, one, compare, given, as_json=common.as_json, quiet=common.quiet)
        return
    common.fetch(
        *(() if predictions else (predictions_file(TEST),)),
        *(() if validation_predictions else (predictions_file(VALIDATION),)),
    )
    names = known.BASELINES if baselines is None else baselines.split(",")
    with common.progress("evaluate") as progress:
        report = stage.run(
            settings,
            predictions=predictions or common.artifacts / predictions_file(TEST),
            validation_predictions=validation_predictions
            or common.artifacts / predictions_file(VALIDATION),
            labels=labels or stage.found_labels(root),
            out=out or common.artifacts / METRICS_DIR,
            against=list(dict.fromkeys(known.canonical(name.strip()) for name in names)),
            progress=progress,
            model=model,
            **given,
        )
    _scores.show_parts(report, as_json=common.as_json, quiet=common.quiet)


def _alone(
    settings: "Params",
    one: Path | None,
    two: tuple[Path, Path] | None,
    given: dict[str, Any],
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Score one predictions file, or compare two."""
    from stages.evaluate import compare, stage

    if two is not None:
        compared = compare.run(settings, files=two, **given)
        _scores.show_comparison(compared, as_json=as_json, quiet=quiet)
    elif one is not None:
        scored = stage.score_file(settings, predictions=one, **given)
        _scores.show_file(scored, as_json=as_json, quiet=quiet)
