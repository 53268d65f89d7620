"""`hhrec predict`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli import _console
from hhrec_cli._options import PARAMS_FILE, Json, Overrides, ParamsFile, Quiet
from stages.core.artifact_paths import (
    ARTIFACTS,
    FEATURES_DIR,
    MODEL_DIR,
    SEQUENCES_DIR,
    VOCAB_FILE,
    predictions_file,
)


class Part(StrEnum):
    """Rows to recommend for."""

    test = "test"
    validation = "validation"


def predict(
    model: Annotated[Path, typer.Option(help="Directory of the model.")] = ARTIFACTS / MODEL_DIR,
    sequences: Annotated[Path, typer.Option(help="Sequences.")] = ARTIFACTS / SEQUENCES_DIR,
    features: Annotated[Path, typer.Option(help="Features.")] = ARTIFACTS / FEATURES_DIR,
    vocab: Annotated[Path, typer.Option(help="Vocabulary.")] = ARTIFACTS / VOCAB_FILE,
    part: Annotated[Part, typer.Option(help="Which rows.")] = Part.test,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Predictions file. (default: artifacts/predictions.parquet or artifacts/validation_predictions.parquet)"
        ),
    ] = None,
    allow: Annotated[
        Path | None,
        typer.Option(
            help="Recommend only the vacancies of this file: ids, one a line, or Parquet with a column vacancy_id.",
            metavar="FILE",
        ),
    ] = None,
    params: ParamsFile = PARAMS_FILE,
    overrides: Overrides = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Recommend the k vacancies each person will most likely respond to next, best first."""
    from stages.params import load

    settings = load(params, overrides or ())
    _console.note("loading torch", quiet=quiet)
    from stages import predict as stage

    with _console.progress("predict", quiet=quiet) as progress:
        report = stage.run(
            settings,
            model=model,
            sequences=sequences,
            features=features,
            vocab=vocab,
            out=out or ARTIFACTS / predictions_file(part),
            part=part.value,
            allow=allow,
            progress=progress,
        )
    _console.show(report, title="predict", as_json=as_json, quiet=quiet)
