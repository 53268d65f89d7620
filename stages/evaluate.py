"""Evaluate: how good the recommendations are, beside baselines, with intervals and by segment."""

from pathlib import Path

import polars as pl

from stages import baselines, protocol, segments
from stages.params import Params
from stages.report import Progress, silent
from stages.scoring.cards import EvaluateReport, FileReport, PartReport, Score
from stages.scoring.files import MODEL, write_file_report, write_report
from stages.scoring.inputs import check_overlap, held_out, read_labels, read_predictions
from stages.scoring.known import Known, familiar, known_rows, scored


def run(
    params: Params,
    *,
    predictions: Path,
    validation_predictions: Path,
    labels: Path | None,
    sequences: Path,
    vocab: Path,
    raw: Path,
    out: Path,
    progress: Progress = silent,
) -> EvaluateReport:
    """Score the model and the baselines on validation and, where labels exist, on test.

    Args:
        params: All parameters.
        predictions: The model's predictions for the test rows; read only with `labels`.
        validation_predictions: Its predictions for the validation rows; read if there are any.
        labels: True vacancies of the test rows, or none.
        sequences: Directory of contexts; validation labels are inside.
        vocab: The vocabulary.
        raw: Directory of the input files, hashed for the protocol card.
        out: Directory of metrics, replaced as a whole.
        progress: Told how many of all scores are finished.
    """
    parts: dict[str, PartReport] = {}
    notes: list[str] = []
    truths = {
        "validation": (held_out(sequences / "validation"), validation_predictions, None),
        "test": (None if labels is None else read_labels(labels), predictions, labels),
    }
    for part, (truth, file, given) in truths.items():
        if truth is None or truth.is_empty():
            notes.append(f"{part}: no labels, not scored")
            continue
        model = read_predictions(file)
        check_overlap(truth, model, file)
        scores = compared(params, truth, model, known_rows(sequences, part, vocab), progress)
        notes += missing(part, scores[MODEL])
        card = protocol.card(
            params, part=part, rows=truth.height, raw=raw, labels=given, sequences=sequences
        )
        parts[part] = PartReport(protocol=card, scores=scores)
    report = EvaluateReport(parts=parts, notes=notes)
    write_report(report, out)
    return report


def found_labels(raw: Path) -> Path | None:
    """RAW/labels.parquet where it exists: labels are optional beside the input files."""
    file = raw / "labels.parquet"
    return file if file.is_file() else None


def labels_of(raw: Path, part: str, given: Path | None) -> Path | None:
    """The labels of one predictions file: those given, else RAW's; none for validation rows."""
    if given is None and part == "test":
        return raw / "labels.parquet"
    return given


def compared(
    params: Params, truth: pl.DataFrame, model: pl.DataFrame, known: Known, progress: Progress
) -> dict[str, Score]:
    """Score the model, then each baseline, on the labelled rows."""
    rows = known.contexts.join(truth, on=segments.KEYS, how="semi")
    total = len(baselines.BASELINES) + 1
    scores = {MODEL: scored(params, truth, model, known)}
    for done, (name, baseline) in enumerate(baselines.BASELINES.items(), start=1):
        progress(done, total, name)
        found = baselines.predictions(
            baseline, rows, train=known.train, vocab=known.vocab, params=params
        )
        scores[name] = scored(params, truth, found, known)
    progress(total, total)
    return scores


def missing(part: str, model: Score) -> list[str]:
    """Remark on labelled rows without predictions, if there are any."""
    if not model.unpredicted:
        return []
    return [f"{part}: {model.unpredicted:,} of {model.rows:,} rows have no predictions and count 0"]


def score_file(
    params: Params,
    *,
    predictions: Path,
    labels: Path | None,
    part: baselines.Part,
    sequences: Path,
    vocab: Path,
    raw: Path,
    out: Path | None,
) -> FileReport:
    """Score one predictions file, whoever made it.

    Args:
        params: All parameters.
        predictions: The file.
        labels: True vacancies; none takes those of the validation sequences.
        part: Whose contexts the rows have.
        sequences: Directory of contexts; without it there are no segments.
        vocab: The vocabulary; without it there are no segments and no coverage.
        raw: Directory of the input files, hashed for the protocol card.
        out: JSON file to write, or none.
    """
    truth = held_out(sequences / part) if labels is None else read_labels(labels)
    found = read_predictions(predictions)
    check_overlap(truth, found, predictions)
    known, notes = familiar(truth, sequences, part, vocab)
    result = scored(params, truth, found, known)
    card = protocol.card(
        params, part=part, rows=truth.height, raw=raw, labels=labels, sequences=sequences
    )
    notes += missing(str(predictions), result)
    report = FileReport(**result.model_dump(), protocol=card, notes=notes)
    if out is not None:
        write_file_report(report, out)
    return report
