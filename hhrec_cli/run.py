"""`hhrec run`."""

from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli import _places, _steps
from hhrec_cli._options import Common, shared
from stages.core.artifact_paths import (
    FINAL_DIR,
    LABELS_FILE,
    RAW_FILES,
    TEST,
    predictions_file,
)


@shared
def run(
    raw: Annotated[
        Path | None,
        typer.Option(help="Directory of the input files. (default: `raw` of the parameters)"),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what was made from other input files.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Let training go on from its newest checkpoint.")
    ] = False,
    final: Annotated[
        bool,
        typer.Option(
            "--final", help="Then train on everything, and predict from that into final/."
        ),
    ] = False,
    *,
    common: Common,
) -> None:
    """Run all stages, in order and without DVC, from any input files into any directory."""
    settings = common.params(*(() if raw else (*RAW_FILES, LABELS_FILE)))
    source = raw or Path(settings.raw)
    _places.claim(common.artifacts)
    from stages.pipeline.provenance import check_inputs

    check_inputs(source)
    if not (final and resume):
        _steps.tell_of_final(common)
    common.note("loading torch")
    from stages.pipeline import pipeline

    steps = pipeline.run(
        settings,
        raw=source,
        artifacts=common.artifacts,
        force=force,
        resume=resume,
        final=final,
        progress=common.progress,
    )
    _steps.follow(steps, common)
    if not common.as_json:
        common.note(f"written to {common.artifacts}")
        if final:
            found = common.artifacts / FINAL_DIR / predictions_file(TEST)
            common.note(f"of the final fit, which no figure above is of: {found}")
