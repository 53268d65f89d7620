"""`hhrec report`."""

from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli import _console
from hhrec_cli._options import PARAMS_FILE, Json, Overrides, ParamsFile, Quiet
from stages.core.artifact_paths import ARTIFACTS, REPORT_FILE


def report(
    artifacts: Annotated[
        Path, typer.Option(help="Directory of all that the stages wrote.")
    ] = ARTIFACTS,
    raw: Annotated[
        Path | None,
        typer.Option(help="Directory of the input files. (default: `raw` of the parameters)"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="HTML file. (default: report.html in --artifacts)")
    ] = None,
    sessions: Annotated[int, typer.Option(min=0, help="Sessions to show.")] = 30,
    params: ParamsFile = PARAMS_FILE,
    overrides: Overrides = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Write one self-contained HTML page: data, training, scores, segments, sessions to read."""
    from stages import report as stage
    from stages.params import load

    settings = load(params, overrides or ())
    with _console.progress("report", quiet=quiet) as progress:
        done = stage.run(
            settings,
            raw=raw or Path(settings.raw),
            artifacts=artifacts,
            out=out or artifacts / REPORT_FILE,
            sessions=sessions,
            progress=progress,
        )
    for text in done.notes:
        _console.note(text, quiet=quiet)
    _console.show(done, title="report", as_json=as_json, quiet=quiet)
