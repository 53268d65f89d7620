"""`hhrec status`."""

from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli import _console
from hhrec_cli._options import Common, shared
from stages.core.artifact_paths import ARTIFACTS


@shared
def status(
    directory: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Directory of artifacts.")
    ] = ARTIFACTS,
    *,
    common: Common,
) -> None:
    """Show how every artifact stands: fresh, stale, present, changed, foreign or absent.

    Stale: made from something else than what stands there now, or with other parameters.
    Present: nothing says what it was made from. Changed: not as it was written.
    """
    from stages.inspect.status import standings

    params = common.params().model_dump(mode="json") if common.named() else None
    found = standings(directory, params)
    if common.as_json:
        _console.show_json({one.name: one._asdict() for one in found})
    elif not common.quiet:
        rows = [
            (one.name, one.state, "" if one.state == "fresh" else one.command, one.why)
            for one in found
        ]
        header = ["artifact", "state", "make it with", "why"]
        _console.show_rows(header, rows, texts=header[1:])
