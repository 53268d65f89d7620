"""`hhrec blend`."""

from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli._options import Common, shared
from stages.core.artifact_paths import ARTIFACTS, SEQUENCES_DIR


@shared
def blend(
    files: Annotated[
        list[Path], typer.Argument(help="Predictions files, two or more.", metavar="FILE...")
    ],
    out: Annotated[Path, typer.Option(help="Predictions file to write.")],
    weights: Annotated[
        str | None,
        typer.Option(help="Weight of each file, with commas between. (default: all 1)"),
    ] = None,
    tune: Annotated[
        list[Path] | None,
        typer.Option(
            help="Find the weights on the validation rows: the predictions of the first file's "
            "recommender for them; once more for the second, and so on."
        ),
    ] = None,
    sequences: Annotated[
        Path, typer.Option(help="Directory of sequences; --tune reads the labels inside.")
    ] = ARTIFACTS / SEQUENCES_DIR,
    *,
    common: Common,
) -> None:
    """Make one list of several recommenders' by reciprocal rank fusion."""
    from stages import blend as stage

    with common.progress("blend") as progress:
        report = stage.run(
            common.params(),
            files=files,
            weights=None if weights is None else _numbers(weights),
            tune=tune or [],
            sequences=sequences,
            out=out,
            progress=progress,
        )
    common.show(report, title="blend")


def _numbers(text: str) -> list[float]:
    from stages.interface.errors import UsageError

    try:
        return [float(number) for number in text.split(",")]
    except ValueError as error:
        raise UsageError(
            f"--weights {text}: expected numbers with commas between ({error})",
            "for example --weights 1,0.5",
        ) from error
