"""`hhrec train`."""

from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli import _console
from hhrec_cli._options import ARTIFACTS, PARAMS_FILE, Json, Overrides, ParamsFile, Quiet


def train(
    sequences: Annotated[Path, typer.Option(help="Sequences.")] = ARTIFACTS / "sequences",
    features: Annotated[Path, typer.Option(help="Features.")] = ARTIFACTS / "features",
    vocab: Annotated[Path, typer.Option(help="Vocabulary.")] = ARTIFACTS / "vocab.parquet",
    out: Annotated[Path, typer.Option(help="Directory of the model.")] = ARTIFACTS / "model",
    checkpoints: Annotated[Path, typer.Option(help="Directory of checkpoints.")] = ARTIFACTS
    / "checkpoints",
    live: Annotated[Path, typer.Option(help="Directory of curves.")] = ARTIFACTS / "live",
    origin: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Start from this model's weights; its vacancies may be others.",
            metavar="DIR",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the newest checkpoint.")
    ] = False,
    params: ParamsFile = PARAMS_FILE,
    overrides: Overrides = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Train the masked model; Ctrl-C saves, `--resume` goes on where it stopped."""
    from stages.params import load

    settings = load(params, overrides or ())
    _console.note("loading torch", quiet=quiet)
    from stages import train as stage

    with _console.progress("train", quiet=quiet) as progress:
        report = stage.run(
            settings,
            sequences=sequences,
            features=features,
            vocab=vocab,
            out=out,
            checkpoints=checkpoints,
            origin=origin,
            resume=resume,
            live=live,
            progress=progress,
        )
    if report.main_process:
        _console.note(f"trained on {report.processes} process(es)", quiet=quiet)
        _console.show(report, title="train", as_json=as_json, quiet=quiet)
    if report.interrupted:
        _console.note("saved; go on with: hhrec train --resume", quiet=quiet)
        raise typer.Exit(130)
