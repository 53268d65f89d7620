"""`hhrec init`."""

from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli._options import Output, shared


@shared
def init(
    directory: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Directory of the project.")
    ] = Path(),
    raw: Annotated[
        str | None,
        typer.Option(
            help="Directory of the input files, as seen from the project. (default: raw)",
            metavar="DIR",
        ),
    ] = None,
    *,
    output: Output,
) -> None:
    """Begin a project of your own: write params.yaml, dvc.yaml and .gitignore; overwrite nothing."""
    from stages.project import begin

    report = begin.run(directory, raw=raw)
    output.show(report, title=f"init {directory}")
    if not output.as_json:
        output.note(
            "next: hhrec data check RAW, then `hhrec run`, or `git init`, `dvc init`, `dvc repro`"
        )
