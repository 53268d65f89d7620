"""`hhrec bundle`."""

from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli._options import Common, shared
from stages.core.artifact_paths import (
    ARTIFACTS,
    BUNDLE_DIR,
    FEATURES_DIR,
    MODEL_DIR,
    SEQUENCES_DIR,
    VACANCIES_FILE,
    VOCAB_FILE,
)


@shared
def bundle(
    model: Annotated[Path, typer.Option(help="Directory of the model.")] = ARTIFACTS / MODEL_DIR,
    sequences: Annotated[Path, typer.Option(help="Sequences.")] = ARTIFACTS / SEQUENCES_DIR,
    features: Annotated[Path, typer.Option(help="Features.")] = ARTIFACTS / FEATURES_DIR,
    vocab: Annotated[Path, typer.Option(help="Vocabulary.")] = ARTIFACTS / VOCAB_FILE,
    out: Annotated[Path, typer.Option(help="Directory of the bundle.")] = ARTIFACTS / BUNDLE_DIR,
    vacancies: Annotated[
        Path | None,
        typer.Option(
            help="The catalogue, for rules and names. (default: RAW/vacancies.parquet, if it is there)",
            metavar="FILE",
        ),
    ] = None,
    withdraw: Annotated[
        bool,
        typer.Option(
            "--withdraw",
            help="Never recommend what the catalogue lacks, such as expired vacancies.",
        ),
    ] = False,
    *,
    common: Common,
) -> None:
    """Write one directory with all that an answer needs: it opens in a second, anywhere."""
    settings = common.params(*(() if vacancies else (VACANCIES_FILE,)))
    common.note("loading torch")
    from stages.bundle import stage

    with common.progress("bundle") as progress:
        report = stage.run(
            settings,
            model=model,
            sequences=sequences,
            features=features,
            vocab=vocab,
            out=out,
            vacancies=vacancies,
            withdraw=withdraw,
            progress=progress,
        )
    common.show(report, title="bundle")
    common.note(f"next: hhrec recommend {out} < history.jsonl")
