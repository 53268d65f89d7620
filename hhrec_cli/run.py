"""`hhrec run`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hhrec_cli import _console
from hhrec_cli._options import PARAMS_FILE, Json, Overrides, ParamsFile, Quiet
from stages.core.artifact_paths import ARTIFACTS, FINAL_DIR, TEST, predictions_file

if TYPE_CHECKING:
    from stages.interface.stage_report import Report

INTERRUPTED = 130  # what shells report after Ctrl-C


def run(
    raw: Annotated[
        Path | None,
        typer.Option(help="Directory of the input files. (default: `raw` of the parameters)"),
    ] = None,
    artifacts: Annotated[Path, typer.Option(help="Directory of everything written.")] = ARTIFACTS,
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
    params: ParamsFile = PARAMS_FILE,
    overrides: Overrides = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Run all stages, in order and without DVC, from any input files into any directory."""
    from stages.params import load

    settings = load(params, overrides or ())
    source = raw or Path(settings.raw)
    from stages.pipeline.provenance import check_inputs

    check_inputs(source)
    _console.note("loading torch", quiet=quiet)
    from stages.pipeline import pipeline

    reports: dict[str, Any] = {}
    for name, report in pipeline.run(
        settings,
        raw=source,
        artifacts=artifacts,
        force=force,
        resume=resume,
        final=final,
        progress=lambda name: _console.progress(name, quiet=quiet),
    ):
        reports[name] = report.model_dump(mode="json")
        _show(name, report, quiet=quiet or as_json)
        if reports[name].get("interrupted"):
            _console.note("saved; go on with the same command and --resume", quiet=quiet)
            raise typer.Exit(INTERRUPTED)
    if as_json:
        _console.show_json(reports)
    else:
        _console.note(f"written to {artifacts}", quiet=quiet)
        if final:
            found = artifacts / FINAL_DIR / predictions_file(TEST)
            _console.note(f"of the final fit, which no figure above is of: {found}", quiet=quiet)


def _show(name: str, report: "Report", *, quiet: bool) -> None:
    """Print what a stage did as it ends; scores as the table of `hhrec evaluate`."""
    from hhrec_cli._scores import show_parts
    from stages.evaluate.report_schema import EvaluateReport

    if isinstance(report, EvaluateReport):
        show_parts(report, as_json=False, quiet=quiet)
    else:
        _console.show(report, title=name, as_json=False, quiet=quiet)
