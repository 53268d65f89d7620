"""`hhrec filter`."""

from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli import _freed_memory
from hhrec_cli._options import Common, shared
from stages.core.artifact_paths import ARTIFACTS, EVENTS_DIR, FILTERED_DIR


@shared
def filter_events(
    events: Annotated[Path, typer.Option(help="Events that explode wrote.")] = ARTIFACTS
    / EVENTS_DIR,
    out: Annotated[Path, typer.Option(help="Directory of event buckets.")] = ARTIFACTS
    / FILTERED_DIR,
    *,
    common: Common,
) -> None:
    """Keep what is worth learning from: no bots, no unknown actions, nothing too rare."""
    _freed_memory.keep()
    from stages import filter as stage

    settings = common.params()
    with common.progress("filter") as progress:
        report = stage.run(settings, events=events, out=out, progress=progress)
    common.show(report, title="filter")
