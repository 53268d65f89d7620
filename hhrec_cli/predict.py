"""`hhrec predict`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli._options import Common, shared
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


@shared
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
    *,
    common: Common,
) -> None:
    """Recommend the k vacancies each person will most likely respond to next, best first."""
    settings = common.params()
    common.note("loading torch")
    from stages import predict as stage

    with common.progress("predict") as progress:
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
    common.show(report, title="predict")
