"""`hhrec explode`."""

from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli import _console
from hhrec_cli._options import ARTIFACTS, PARAMS_FILE, Json, Overrides, ParamsFile, Quiet


def explode(
    train: Annotated[
        Path | None, typer.Option(help="Train sessions. (default: RAW/train.parquet)")
    ] = None,
    test: Annotated[
        Path | None, typer.Option(help="Test sessions. (default: RAW/test.parquet)")
    ] = None,
    out: Annotated[Path, typer.Option(help="Directory of event buckets.")] = ARTIFACTS / "events",
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
            train=train or raw / "train.parquet",
            test=test or raw / "test.parquet",
            out=out,
            progress=progress,
        )
    _console.show(report, title="explode", as_json=as_json, quiet=quiet)
