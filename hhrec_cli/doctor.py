"""`hhrec doctor`."""

from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli import _console
from hhrec_cli._options import ParamsFile, Stored, chosen, shared
from stages import STAGES
from stages.core.artifact_paths import ARTIFACTS


@shared
def doctor(
    directory: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Directory of artifacts.")
    ] = ARTIFACTS,
    file: ParamsFile = None,
    *,
    output: Stored,
) -> None:
    """Look at environment, disk, memory, threads, devices, artifacts and dvc.yaml; say what to do.

    Nothing is changed. Exit code 1 where something is wrong.
    """
    output.note("loading torch")
    from stages.inspect import doctor as checks

    found = list(checks.examine(chosen(file), directory, STAGES))
    if output.as_json:
        _console.show_json([one._asdict() for one in found])
    elif not output.quiet:
        header = ["looked at", "state", "found", "what to do"]
        _console.show_rows(header, [tuple(one) for one in found], texts=header[1:])
    if any(one.state == "wrong" for one in found):
        raise typer.Exit(1)
