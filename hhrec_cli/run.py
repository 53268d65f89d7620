"""`hhrec run`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hhrec_cli import _console, _interrupts
from hhrec_cli._options import Common, shared
from stages.core.artifact_paths import FINAL_DIR, TEST, predictions_file

if TYPE_CHECKING:
    from stages.interface.stage_report import Report


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
    settings = common.params()
    source = raw or Path(settings.raw)
    from stages.pipeline.provenance import check_inputs

    check_inputs(source)
    common.note("loading torch")
    from stages.pipeline import pipeline

    reports: dict[str, Any] = {}
    for name, report in pipeline.run(
        settings,
        raw=source,
        artifacts=common.artifacts,
        force=force,
        resume=resume,
        final=final,
        progress=common.progress,
    ):
        reports[name] = report.model_dump(mode="json")
        _show(name, report, quiet=common.quiet or common.as_json)
        if reports[name].get("interrupted"):
            common.note(f"saved; go on with: {_interrupts.again()}")
            raise typer.Exit(_interrupts.CODE)
    if common.as_json:
        _console.show_json(reports)
    else:
        common.note(f"written to {common.artifacts}")
        if final:
            found = common.artifacts / FINAL_DIR / predictions_file(TEST)
            common.note(f"of the final fit, which no figure above is of: {found}")


def _show(name: str, report: "Report", *, quiet: bool) -> None:
    """Print what a stage did as it ends; scores as the table of `hhrec evaluate`."""
    from hhrec_cli._scores import show_parts
    from stages.evaluate.report_schema import EvaluateReport

    if isinstance(report, EvaluateReport):
        show_parts(report, as_json=False, quiet=quiet)
    else:
        _console.show(report, title=name, as_json=False, quiet=quiet)
