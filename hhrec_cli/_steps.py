"""What `hhrec run` and `hhrec daily` have in common: steps, each shown as it ends."""

from typing import TYPE_CHECKING, Any

import typer

from hhrec_cli import _console, _interrupts
from hhrec_cli._options import Common
from stages.core.artifact_paths import FINAL_DIR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stages.interface.stage_report import Report


def follow(steps: "Iterator[tuple[str, Report]]", common: Common) -> None:
    """Show the report of each step; an interrupted one ends the command with the line to go on."""
    reports: dict[str, Any] = {}
    for name, report in steps:
        reports[name] = report.model_dump(mode="json")
        _show(name, report, quiet=common.quiet or common.as_json)
        if reports[name].get("interrupted"):
            common.note(f"saved; go on with: {_interrupts.again()}")
            raise typer.Exit(_interrupts.CODE)
    if common.as_json:
        _console.show_json(reports)


def tell_of_final(common: Common) -> None:
    """Say that an older final fit, of `hhrec run --final` or made by hand, is going to be removed."""
    from stages.core.results import RESULTS

    final = common.artifacts / FINAL_DIR
    if any((final / name).exists() for name in RESULTS):
        common.note(f"{final}: a final fit of an older model, removed as this begins")


def _show(name: str, report: "Report", *, quiet: bool) -> None:
    """Print what a step did; scores as the table of `hhrec evaluate`."""
    from hhrec_cli._scores import show_parts
    from stages.evaluate.report_schema import EvaluateReport

    if isinstance(report, EvaluateReport):
        show_parts(report, as_json=False, quiet=quiet)
    else:
        _console.show(report, title=name, as_json=False, quiet=quiet)
