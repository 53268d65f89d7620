"""Tables of scores: `hhrec evaluate` and the end of `hhrec run`."""

from typing import TYPE_CHECKING, Any

from hhrec_cli import _console

if TYPE_CHECKING:
    from stages.evaluate.report_schema import (
        CompareReport,
        Difference,
        EvaluateReport,
        Figures,
        FileReport,
        Paired,
        PartReport,
    )

COLUMNS = ["MRR@100", "95 %", "HR@10", "HR@100", "NDCG@10", "coverage"]
PAIRED = ["rows", "metric", "first", "second", "first - second", "95 %", "above 0"]


def show_parts(report: "EvaluateReport", *, as_json: bool, quiet: bool) -> None:
    """Print the model beside the baselines, part by part."""
    rows = [row for part, found in report.parts.items() for row in _rows(part, found)]
    header = ["part", "", "rows", *COLUMNS, "model's lead", "95 %"]
    _show(report, header, rows, as_json=as_json, quiet=quiet)


def _rows(part: str, found: "PartReport") -> list[tuple[Any, ...]]:
    leads = {name: _lead(lead["MRR@100"]) for name, lead in found.differences.items()}
    return [
        (part, name, score.rows, *_cells(score), *leads.get(name, ["", ""]))
        for name, score in found.scores.items()
    ]


def show_file(report: "FileReport", *, as_json: bool, quiet: bool) -> None:
    """Print one predictions file's scores, over all rows and by segment."""
    rows: list[tuple[Any, ...]] = [("all", report.rows, *_cells(report))]
    for cut, segments in report.segments.items():
        rows += [(f"{cut} {name}", one.rows, *_cells(one)) for name, one in segments.items()]
    _show(report, ["rows", "", *COLUMNS], rows, as_json=as_json, quiet=quiet)
    if report.spread and not (as_json or quiet):
        spread = [(name, one.value, one.low, one.high) for name, one in report.spread.items()]
        _console.show_rows(["spread", "", "95 % from", "to"], spread)


def show_comparison(report: "CompareReport", *, as_json: bool, quiet: bool) -> None:
    """Print every metric of two files over all rows, and MRR@100 by segment."""
    rows = [("all", report.rows, name, *_paired(report, name)) for name in report.differences]
    for cut, segments in report.segments.items():
        rows += [
            (f"{cut} {name}", one.rows, "MRR@100", *_paired(one, "MRR@100"))
            for name, one in segments.items()
        ]
    _show(report, ["", *PAIRED], rows, as_json=as_json, quiet=quiet)


def _show(
    report: "EvaluateReport | FileReport | CompareReport",
    header: list[str],
    rows: list[tuple[Any, ...]],
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    for text in report.notes:
        _console.note(text, quiet=quiet)
    if as_json:
        _console.show_json(report.model_dump(mode="json"))
    elif not quiet:
        _console.show_rows(header, rows, texts=["metric"])


def _cells(figures: "Figures") -> list[str]:
    low, high = figures.intervals["MRR@100"]
    cells = [
        f"{figures.metrics[name]:.4f}" if name in figures.metrics else ""
        for name in COLUMNS
        if "@" in name or name == "coverage"
    ]
    return [cells[0], f"{low:.4f} to {high:.4f}", *cells[1:]]


def _lead(found: "Difference") -> list[str]:
    return [f"{found.value:+.4f}", f"{found.low:+.4f} to {found.high:+.4f}"]


def _paired(found: "Paired", name: str) -> list[str]:
    lead = found.differences[name]
    means = [f"{mean[name]:.4f}" for mean in (found.first, found.second)]
    return [*means, *_lead(lead), f"{lead.above:.1%}"]
