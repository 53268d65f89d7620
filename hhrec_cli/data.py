"""`hhrec data`: a synthetic log, an imported one, and a check of either."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hhrec_cli import _console
from hhrec_cli._data_import import import_log
from hhrec_cli._options import Output, shared
from stages.core.artifact_paths import ARTIFACTS, SAMPLE_DIR

if TYPE_CHECKING:
    from datetime import datetime

    from stages.data.check import CheckReport

app = typer.Typer(help="Get raw input: sample, import, check.", no_args_is_help=True)
app.command("import")(import_log)


@app.command("sample")
@shared
def sample(
    out: Annotated[Path, typer.Option(help="Directory of the raw files.")] = ARTIFACTS / SAMPLE_DIR,
    sessions: Annotated[
        int | None, typer.Option(help="Train sessions. (default: the calibrated 80,000)")
    ] = None,
    vacancies: Annotated[
        int | None, typer.Option(help="Vacancies. (default: the calibrated 63,000)")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Equal arguments give equal files.")] = 42,
    *,
    output: Output,
) -> None:
    """Write a synthetic log with the statistics of a real job board."""
    from stages.data import sample as stage

    with output.progress("sample") as progress:
        report = stage.run(
            out=out,
            sessions=stage.DEFAULT_SESSIONS if sessions is None else sessions,
            vacancies=stage.DEFAULT_VACANCIES if vacancies is None else vacancies,
            seed=seed,
            progress=progress,
        )
    output.show(report, title=f"sample {out}")


@app.command("check")
@shared
def check(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Holds train, test, vacancies (labels) .parquet.")
    ],
    *,
    output: Output,
) -> None:
    """List all that is wrong with raw files; exit 1 if anything would stop the pipeline."""
    from stages.data import check as stage

    with output.progress("check") as progress:
        report = stage.run(directory, progress=progress)
    if output.as_json:
        output.show(report, title="check")
    elif not output.quiet:
        _show(report)
    if report.stops:
        _console.note(f"{report.stops} finding(s) would stop the pipeline: mend them first")
        raise typer.Exit(1)


def _show(report: "CheckReport") -> None:
    rows = [
        (name, count, report.events.get(name, ""), *_range(report.times.get(name)))
        for name, count in sorted(report.rows.items())
    ]
    _console.show_rows(["file", "rows", "events", "first", "last"], rows)
    header = ["severity", "file", "finding", "column", "count", "share", "consequence", "example"]
    findings = [
        (
            one.severity,
            one.file,
            one.code,
            one.column,
            one.count,
            f"{one.share:.2%}",
            one.consequence,
            one.example,
        )
        for one in report.findings
    ]
    if findings:
        _console.show_rows(header, findings)


def _range(times: "tuple[datetime | None, datetime | None] | None") -> tuple[str, str]:
    """First and last time as text, nothing where there is none."""
    first, last = times or (None, None)
    return str(first or ""), str(last or "")
