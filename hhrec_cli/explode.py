"""`hhrec explode`."""

from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli import _freed_memory
from hhrec_cli._options import Common, shared
from stages.core.artifact_paths import ARTIFACTS, EVENTS_DIR, TEST_FILE, TRAIN_FILE


@shared
def explode(
    train: Annotated[
        Path | None, typer.Option(help="Train sessions. (default: RAW/train.parquet)")
    ] = None,
    test: Annotated[
        Path | None, typer.Option(help="Test sessions. (default: RAW/test.parquet)")
    ] = None,
    out: Annotated[Path, typer.Option(help="Directory of event buckets.")] = ARTIFACTS / EVENTS_DIR,
    *,
    common: Common,
) -> None:
    """Turn sessions into one row an event, in order, split into train, validation and test."""
    _freed_memory.keep()
    from stages import explode as stage

    settings = common.params(*(() if train else (TRAIN_FILE,)), *(() if test else (TEST_FILE,)))
    raw = Path(settings.raw)
    with common.progress("explode") as progress:
        report = stage.run(
            settings,
            train=train or raw / TRAIN_FILE,
            test=test or raw / TEST_FILE,
            out=out,
            progress=progress,
        )
    common.show(report, title="explode")
