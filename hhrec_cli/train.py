"""`hhrec train`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hhrec_cli import _console, _interrupts
from hhrec_cli._options import Common, shared
from stages.core.artifact_paths import (
    ARTIFACTS,
    CHECKPOINTS_DIR,
    FEATURES_DIR,
    LIVE_DIR,
    MODEL_DIR,
    SEQUENCES_DIR,
    VOCAB_FILE,
)

if TYPE_CHECKING:
    from stages.params import Params


@shared
def train(
    sequences: Annotated[Path, typer.Option(help="Sequences.")] = ARTIFACTS / SEQUENCES_DIR,
    features: Annotated[Path, typer.Option(help="Features.")] = ARTIFACTS / FEATURES_DIR,
    vocab: Annotated[Path, typer.Option(help="Vocabulary.")] = ARTIFACTS / VOCAB_FILE,
    out: Annotated[Path, typer.Option(help="Directory of the model.")] = ARTIFACTS / MODEL_DIR,
    checkpoints: Annotated[Path, typer.Option(help="Directory of checkpoints.")] = ARTIFACTS
    / CHECKPOINTS_DIR,
    live: Annotated[Path, typer.Option(help="Directory of curves.")] = ARTIFACTS / LIVE_DIR,
    origin: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Start from this model's weights; its vacancies may be others.",
            metavar="DIR",
        ),
    ] = None,
    calibrated: Annotated[
        Path | None,
        typer.Option(
            help="Where nothing is held out: take over the calibration of this model.",
            metavar="DIR",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the newest checkpoint.")
    ] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Tell what training would do and hold; do not train.")
    ] = False,
    *,
    common: Common,
) -> None:
    """Train the masked model; Ctrl-C saves, `--resume` goes on where it stopped."""
    settings = common.params()
    common.note("loading torch")
    from stages.train import stage

    if plan and (resume or origin or calibrated):
        from stages.interface.errors import UsageError

        raise UsageError("--plan excludes --from, --calibrated and --resume", "leave them out")
    if plan:
        _plan(settings, sequences, features, vocab, as_json=common.as_json, quiet=common.quiet)
        return
    with common.progress("train") as progress:
        report = stage.run(
            settings,
            sequences=sequences,
            features=features,
            vocab=vocab,
            out=out,
            checkpoints=checkpoints,
            origin=origin,
            calibrated=calibrated,
            resume=resume,
            live=live,
            progress=progress,
        )
    if report.main_process:
        common.note(f"trained on {report.processes} process(es), {report.choice()}")
        common.show(report, title="train")
    if report.interrupted:
        common.note(f"saved; go on with: {_interrupts.again()}")
        raise typer.Exit(_interrupts.CODE)


def _plan(
    settings: "Params", sequences: Path, features: Path, vocab: Path, *, as_json: bool, quiet: bool
) -> None:
    """Show the plan; then complain, as training would, when it does not fit."""
    from stages.train import memory_check, stage

    found = stage.planning(settings, sequences=sequences, features=features, vocab=vocab)
    _console.show(found.report, title="plan", as_json=as_json, quiet=quiet)
    memory_check.require(*found)
