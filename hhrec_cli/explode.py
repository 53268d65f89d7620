"""`hhrec explode`."""

from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli import _console
from hhrec_cli._options import PARAMS_FILE, Json, Overrides, ParamsFile, Quiet
from stages.core.artifact_paths import ARTIFACTS, EVENTS_DIR, TEST_FILE, TRAIN_FILE


def explode(
    train: Annotated[
        Path | None, typer.Option(help="Train sessions. (default: RAW/train.parquet)")
    ] = None,
    test: Annotated[
        Path | None, typer.Option(help="Test sessions. (default: RAW/test.parquet)")
    ] = None,
    out: Annotated[Path, typer.Option(help="Directory of event buckets.")] = ARTIFACTS / EVENTS_DIR,
    params: ParamsFile = PARAMS_FILE,
    overrides: Overrides = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Turn sessions into one row an event, in order, split into train, validation and test."""
    from stages import explode as stage
    from stages.params import load

    settings = load(params, overrides or ())
    raw = Path(settings.raw)
    with _console.progress("explode", quiet=quiet) as progress:
        report = stage.run(
            settings,
            train=train or raw / TRAIN_FILE,
            test=test or raw / TEST_FILE,
            out=out,
            progress=progress,
        )
    _console.show(report, title="explode", as_json=as_json, quiet=quiet)
