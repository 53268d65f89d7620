"""`hhrec tune`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hhrec_cli import _console, _interrupts
from hhrec_cli._options import Common, shared
from stages.core.artifact_paths import (
    ARTIFACTS,
    FEATURES_DIR,
    SEQUENCES_DIR,
    TRIALS_FILE,
    VOCAB_FILE,
)

if TYPE_CHECKING:
    from stages.tune.report import TuneReport


@shared
def tune(
    trials: Annotated[
        int, typer.Option(min=1, help="Trials, with those that --out holds already.")
    ] = 20,
    space: Annotated[
        list[str] | None,
        typer.Option(
            help="A parameter of training and what it may be: train.lr=0.0003..0.01:log, or "
            "train.layers=1,2,3. Repeatable. (default: lr, dropout, id_dropout, weight_decay, layers)",
            metavar="NAME=VALUES",
        ),
    ] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Drop the trials that --out holds.")] = False,
    sequences: Annotated[Path, typer.Option(help="Sequences.")] = ARTIFACTS / SEQUENCES_DIR,
    features: Annotated[Path, typer.Option(help="Features.")] = ARTIFACTS / FEATURES_DIR,
    vocab: Annotated[Path, typer.Option(help="Vocabulary.")] = ARTIFACTS / VOCAB_FILE,
    out: Annotated[Path, typer.Option(help="File of the trials.")] = ARTIFACTS / TRIALS_FILE,
    *,
    common: Common,
) -> None:
    """Try parameters of training, judged on the validation rows; typed again, it goes on.

    Needs Optuna: pip install 'hhrec[tune]'. Test rows are never read.
    """
    settings = common.params()
    common.note("loading torch")
    from stages.tune import stage
    from stages.tune.space import DEFAULT

    with common.progress("tune") as progress:
        report = stage.run(
            settings,
            sequences=sequences,
            features=features,
            vocab=vocab,
            out=out,
            space=space or DEFAULT,
            trials=trials,
            anew=anew,
            progress=progress,
        )
    _show(report, common)
    if report.interrupted:
        common.note(f"saved; go on with: {_interrupts.again()}")
        raise typer.Exit(_interrupts.CODE)
    if report.best_params and not common.as_json:
        common.note(f"next: hhrec train {report.words()}")


def _show(report: "TuneReport", common: Common) -> None:
    """Print the trials, the best first."""
    if common.as_json:
        _console.show_json(report.model_dump(mode="json"))
    elif not common.quiet and report.trials:
        names = [name for name in report.trials[0] if name != "why"]
        rows = [tuple(_cell(trial[name]) for name in names) for trial in report.trials]
        _console.show_rows([name.removeprefix("train.") for name in names], rows, texts=["state"])


def _cell(value: object) -> object:
    """A value in a table; small numbers with their leading digits."""
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else value
