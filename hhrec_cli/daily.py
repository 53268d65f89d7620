"""`hhrec daily`."""

from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli import _places, _steps
from hhrec_cli._options import Common, shared
from stages.core.artifact_paths import LABELS_FILE, RAW_FILES, TEST, predictions_file


@shared
def daily(
    origin: Annotated[
        Path,
        typer.Option(
            "--from",
            help="Yesterday's artifacts, of `hhrec run` or `hhrec daily`; of its final/ if there is one.",
            metavar="DIR",
        ),
    ],
    raw: Annotated[
        Path | None,
        typer.Option(help="Today's input files. (default: `raw` of the parameters)", metavar="DIR"),
    ] = None,
    train: Annotated[
        bool,
        typer.Option(
            "--train", help="Train from yesterday's weights, validated, then on everything."
        ),
    ] = False,
    keep_expired: Annotated[
        bool,
        typer.Option(
            "--keep-expired", help="Recommend vacancies that today's catalogue lacks, too."
        ),
    ] = False,
    text_cache: Annotated[
        Path | None,
        typer.Option(help="Text vectors made so far. (default: text-cache beside --artifacts)"),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what was made from other input files.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Let training go on from its newest checkpoint.")
    ] = False,
    *,
    common: Common,
) -> None:
    """Make today's recommendations from today's files and yesterday's artifacts.

    All of today's events count, and vacancies that today's catalogue lacks are not recommended.
    """
    settings = common.params(*(() if raw else (*RAW_FILES, LABELS_FILE)))
    source = raw or Path(settings.raw)
    _places.claim(common.artifacts)
    from stages.pipeline.provenance import check_inputs

    check_inputs(source)
    _steps.tell_of_final(common)
    common.note("loading torch")
    from stages.pipeline import daily as days

    steps = days.run(
        settings,
        raw=source,
        origin=origin,
        artifacts=common.artifacts,
        train=train,
        keep_expired=keep_expired,
        text_cache=text_cache,
        force=force,
        resume=resume,
        progress=common.progress,
    )
    _steps.follow(steps, common)
    if not common.as_json:
        common.note(f"recommendations: {common.artifacts / predictions_file(TEST)}")
