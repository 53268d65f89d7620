"""`hhrec plan`."""

from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli import _console
from hhrec_cli._options import Common, shared
from stages.core.artifact_paths import LABELS_FILE, RAW_FILES

HEADER = ["stage", "rows", "time", "disk", "scratch", "memory", "time is"]


@shared
def plan(
    raw: Annotated[
        Path | None,
        typer.Option(
            help="Directory of the raw files. (default: `raw` of the parameters)", metavar="DIR"
        ),
    ] = None,
    executor_gb: Annotated[
        float | None,
        typer.Option(
            help="Plan a cluster, too: memory of an executor, in GiB.", metavar="GIB", min=0.1
        ),
    ] = None,
    executor_cores: Annotated[
        int, typer.Option(help="Tasks that an executor runs at once.", metavar="N", min=1)
    ] = 2,
    executors: Annotated[
        int | None,
        typer.Option(help="How many executors. (default: as few as do)", metavar="N", min=1),
    ] = None,
    *,
    common: Common,
) -> None:
    """Estimate time, disk and memory of every stage before anything runs.

    A sample of people is taken through the data stages in a temporary directory. Exit code 0 whether
    it fits or not; `fits` in --json says so.
    """
    settings = common.params(*(() if raw else (*RAW_FILES, LABELS_FILE)))
    common.note("loading torch")
    from stages import plan as stage

    with common.progress("plan") as progress:
        report = stage.run(
            settings,
            raw=raw or Path(settings.raw),
            artifacts=common.artifacts,
            executor_gb=executor_gb,
            executor_cores=executor_cores,
            executors=executors,
            progress=progress,
        )
    if not common.as_json and not common.quiet:
        _console.show_rows(HEADER, list(report.rows()), texts=["time is"])
    common.show(report, title="plan")
