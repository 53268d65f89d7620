"""`hhrec baseline`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from hhrec_cli._options import Common, shared
from stages.core.artifact_paths import ARTIFACTS, BASELINES_DIR, SEQUENCES_DIR, VOCAB_FILE


@shared
def baseline(
    name: Annotated[
        str,
        typer.Argument(
            help="popular, trending, item_knn, als, last_viewed, or last_viewed_then_ and one of the "
            "middle three.",
            metavar="NAME",
        ),
    ],
    part: Annotated[
        Literal["test", "validation"], typer.Option(help="Rows to recommend for.")
    ] = "test",
    sequences: Annotated[
        Path, typer.Option(help="Directory of train, validation and test sequences.")
    ] = ARTIFACTS / SEQUENCES_DIR,
    vocab: Annotated[Path, typer.Option(help="The vocabulary.")] = ARTIFACTS / VOCAB_FILE,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Predictions file. (default: artifacts/baselines/NAME.parquet, "
            "or NAME-validation.parquet)"
        ),
    ] = None,
    *,
    common: Common,
) -> None:
    """Recommend without a model, in the format of `hhrec predict`."""
    from stages.baselines import stage as baselines

    name = baselines.canonical(name)
    file = f"{name}.parquet" if part == "test" else f"{name}-validation.parquet"
    with common.progress(name) as progress:
        report = baselines.run(
            common.params(),
            name=name,
            part=part,
            sequences=sequences,
            vocab=vocab,
            out=out or common.artifacts / BASELINES_DIR / file,
            progress=progress,
        )
    common.show(report, title="baseline")
