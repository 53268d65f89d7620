"""`hhrec evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hhrec_cli import _console
from hhrec_cli._options import ARTIFACTS, PARAMS_FILE, Json, Overrides, ParamsFile, Quiet

if TYPE_CHECKING:
    from stages.scoring.cards import EvaluateReport, Figures, FileReport

COLUMNS = ["MRR@100", "95 %", "HR@10", "HR@100", "NDCG@10", "coverage"]


def evaluate(
    predictions: Annotated[
        Path | None,
        typer.Option(help="Score this file only. (default: the model beside the baselines)"),
    ] = None,
    validation_predictions: Annotated[
        Path | None,
        typer.Option(
            help="The model's predictions for validation rows; with it --predictions are those for "
            "test rows. (default: artifacts/validation_predictions.parquet)"
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(help="True vacancies. (default: RAW/labels.parquet where it exists)"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Directory of metrics (default: artifacts/metrics); with --predictions a JSON "
            "file, not written unless named."
        ),
    ] = None,
    part: Annotated[
        Literal["test", "validation"],
        typer.Option(help="With --predictions: whose rows they are."),
    ] = "test",
    sequences: Annotated[
        Path, typer.Option(help="Directory of train, validation and test sequences.")
    ] = ARTIFACTS / "sequences",
    vocab: Annotated[Path, typer.Option(help="The vocabulary.")] = ARTIFACTS / "vocab.parquet",
    raw: Annotated[
        Path | None,
        typer.Option(
            help="Directory of the input files. (default: `raw` of the parameters; with "
            "--predictions where --labels is)"
        ),
    ] = None,
    params: ParamsFile = PARAMS_FILE,
    overrides: Overrides = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Score the model beside the baselines, or any predictions against labels."""
    from stages import evaluate as stage
    from stages.params import load

    settings = load(params, overrides or ())
    alone = predictions is not None and validation_predictions is None
    root = raw or (labels.parent if alone and labels else Path(settings.raw))
    if predictions is not None and validation_predictions is None:
        one = stage.score_file(
            settings,
            predictions=predictions,
            labels=stage.labels_of(root, part, labels),
            part=part,
            sequences=sequences,
            vocab=vocab,
            raw=root,
            out=out,
        )
        _show_file(one, as_json=as_json, quiet=quiet)
        return
    with _console.progress("evaluate", quiet=quiet) as progress:
        report = stage.run(
            settings,
            predictions=predictions or ARTIFACTS / "predictions.parquet",
            validation_predictions=validation_predictions
            or ARTIFACTS / "validation_predictions.parquet",
            labels=labels or stage.found_labels(root),
            sequences=sequences,
            vocab=vocab,
            raw=root,
            out=out or ARTIFACTS / "metrics",
            progress=progress,
        )
    show_parts(report, as_json=as_json, quiet=quiet)


def show_parts(report: "EvaluateReport", *, as_json: bool, quiet: bool) -> None:
    """Print the model beside the baselines, part by part."""
    for text in report.notes:
        _console.note(text, quiet=quiet)
    if as_json:
        _console.show_json(report.model_dump(mode="json"))
    elif not quiet:
        rows = [
            (part, name, score.rows, *_cells(score))
            for part, found in report.parts.items()
            for name, score in found.scores.items()
        ]
        _console.show_rows(["part", "", "rows", *COLUMNS], rows)


def _show_file(report: "FileReport", *, as_json: bool, quiet: bool) -> None:
    for text in report.notes:
        _console.note(text, quiet=quiet)
    if as_json:
        _console.show_json(report.model_dump(mode="json"))
    elif not quiet:
        rows: list[tuple[Any, ...]] = [("all", report.rows, *_cells(report))]
        for cut, segments in report.segments.items():
            rows += [
                (f"{cut} {name}", found.rows, *_cells(found)) for name, found in segments.items()
            ]
        _console.show_rows(["rows", "", *COLUMNS], rows)


def _cells(figures: "Figures") -> list[str]:
    low, high = figures.intervals["MRR@100"]
    cells = [
        f"{figures.metrics[name]:.4f}" if name in figures.metrics else ""
        for name in COLUMNS
        if "@" in name or name == "coverage"
    ]
    return [cells[0], f"{low:.4f} to {high:.4f}", *cells[1:]]
