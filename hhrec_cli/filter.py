"""`hhrec filter`."""

from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli import _console
from hhrec_cli._options import PARAMS_FILE, Json, Overrides, ParamsFile, Quiet
from stages.core.artifact_paths import ARTIFACTS, EVENTS_DIR, FILTERED_DIR


def filter_events(
    events: Annotated[Path, typer.Option(help="Events that explode wrote.")] = ARTIFACTS
    / EVENTS_DIR,
    out: Annotated[Path, typer.Option(help="Directory of event buckets.")] = ARTIFACTS
    / FILTERED_DIR,
    params: ParamsFile = PARAMS_FILE,
    overrides: Overrides = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Keep what is worth learning from: no bots, no unknown actions, nothing too rare."""
    from stages import filter as stage
    from stages.params import load

    settings = load(params, overrides or ())
    with _console.progress("filter", quiet=quiet) as progress:
        report = stage.run(settings, events=events, out=out, progress=progress)
    _console.show(report, title="filter", as_json=as_json, quiet=quiet)
