"""`hhrec report`."""

from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli._options import Common, shared
from stages.core.artifact_paths import LABELS_FILE, RAW_FILES, REPORT_FILE


@shared
def report(
    raw: Annotated[
        Path | None,
        typer.Option(help="Directory of the input files. (default: `raw` of the parameters)"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="HTML file. (default: report.html in --artifacts)")
    ] = None,
    sessions: Annotated[int, typer.Option(min=0, help="Sessions to show.")] = 30,
    *,
    common: Common,
) -> None:
    """Write one self-contained HTML page: data, training, scores, segments, sessions to read."""
    from stages import report as stage

    settings = common.params(*(() if raw else (*RAW_FILES, LABELS_FILE)))
    common.fetch()
    with common.progress("report") as progress:
        done = stage.run(
            settings,
            raw=raw or Path(settings.raw),
            artifacts=common.artifacts,
            out=out or common.artifacts / REPORT_FILE,
            sessions=sessions,
            progress=progress,
        )
    for text in done.notes:
        common.note(text)
    common.show(done, title="report")
