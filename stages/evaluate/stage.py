"""Evaluate predictions beside baselines, with intervals and by segment."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from stages.baselines import stage as baselines
from stages.core import calibration_file, kinds, lineage, outputs
from stages.core.artifact_paths import LABELS_FILE, RAW_FILES, TEST_FILE
from stages.core.schema import LABELS
from stages.evaluate import protocol
from stages.evaluate.against_baselines import PartToScore, beside
from stages.evaluate.metrics_files import MODEL, write_one, write_report
from stages.evaluate.remarks import remarks
from stages.evaluate.report_schema import EvaluateReport, FileReport, Score
from stages.evaluate.row_context import familiar, known_rows, scored
from stages.interface.stage_report import Progress, silent
from stages.params import Params
from stages.scoring.labels_and_predictions import (
    check_overlap,
    held_out,
    open_predictions,
    read_labels,
)


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
    model: Path | None = None,
    against: Sequence[str] = tuple(baselines.BASELINES),
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
        raw: Directory of the input files: hashed for the protocol card, cut by for segments.
        out: Directory of metrics, replaced as a whole.
        model: The model's directory, for what it chose on validation rows; may be absent.
        against: Baselines to score beside the model, keys of `baselines.BASELINES`.
        progress: Told how many rows the baselines have ranked, and how many of those are scored.
    """
    made = prepared(
        params,
        out,
        {"test": predictions if labels else None, "validation": validation_predictions},
        {"sequences": sequences, "vocab": vocab, LABELS_FILE: labels, **raw_files(raw)},
        model,
    )
    asked, notes = {}, []
    calibration = calibration_file.read(model) if model else None
    for part, file in {"validation": validation_predictions, "test": predictions}.items():
        named = labels if part == "test" else None
        truth = truth_of(part, named, sequences)
        if truth.is_empty():
            notes.append(f"{part}: no labels, not scored")
            continue
        found = open_predictions(file)
        check_overlap(truth, found.keys, file)
        card = protocol.card(
            params, part=part, rows=truth.height, raw=raw, labels=named, sequences=sequences
        )
        card |= protocol.choices(params, calibration)
        asked[part] = PartToScore(truth, found, known_rows(sequences, part, vocab, raw), card)
        notes += remarks(str(file), truth, found, asked[part].known.vocab["vacancy_id"])
    with outputs.scratch_directory(made) as scratch:
        results = beside(params, asked, against, scratch, progress)
    parts = {part: one.report for part, one in results.items()}
    notes += [note for part, found in parts.items() for note in missing(part, found.scores[MODEL])]
    report = EvaluateReport(parts=parts, notes=notes)
    write_report(report, made, {part: one.best for part, one in results.items()})
    return report


def prepared(
    params: Params,
    out: Path,
    predictions: Mapping[str, Path | None],
    inputs: Mapping[str, Path | None],
    model: Path | None,
) -> outputs.Output:
    """Check the place of the metrics, and that everything read is of one log and one model."""
    given = {f"predictions for {part}": file for part, file in predictions.items()}
    made = outputs.prepare(
        out,
        kinds.METRICS,
        inputs={**given, **inputs},
        references={"model": model},
        params=params,
    )
    for part in predictions:
        if found := made.inputs.get(f"predictions for {part}"):
            lineage.require_fact(found, "part", part)
    return made


def raw_files(raw: Path) -> dict[str, Path]:
    """The input files by their names, which are their roles."""
    return {name: raw / name for name in RAW_FILES}


def alone(
    params: Params, out: Path | None, files: Sequence[Path], part: str
) -> outputs.Output | None:
    """Check that files are of one part and one log, and the place of their scores, if they get one."""
    given = {f"file {number}": file for number, file in enumerate(files, 1)}
    made, roles = None, {TEST_FILE}
    if out is not None:
        made = outputs.prepare(out, kinds.SCORES, inputs=given, params=params, roles=roles)
    known = made.inputs if made else outputs.identified(given)
    if made is None:  # else it is checked already
        lineage.check(known, roles=roles)
    for one in known.values():
        lineage.require_fact(one, "part", part)
    return made


def truth_of(part: str, labels: Path | None, sequences: Path) -> pl.DataFrame:
    """Labels of one part: from the file, or from the validation sequences; maybe without rows."""
    if labels is not None:
        return read_labels(labels)
    if part == "validation":
        return held_out(sequences / part)
    return pl.DataFrame(schema=dict(LABELS))


def found_labels(raw: Path) -> Path | None:
    """RAW/labels.parquet where it exists: labels are optional beside the input files."""
    file = raw / LABELS_FILE
    return file if file.is_file() else None


def labels_of(raw: Path, part: str, given: Path | None) -> Path | None:
    """The labels of predictions files: those given, else RAW's; none for validation rows."""
    if given is None and part == "test":
        return raw / LABELS_FILE
    return given


def missing(where: str, found: Score) -> list[str]:
    """Remark on labelled rows without predictions, if there are any."""
    if not found.unpredicted:
        return []
    return [
        f"{where}: {found.unpredicted:,} of {found.rows:,} rows have no predictions and count 0"
    ]


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
        raw: Directory of the input files: hashed for the protocol card, cut by for segments.
        out: JSON file to write, or none.
    """
    made = alone(params, out, [predictions], part)
    truth = held_out(sequences / part) if labels is None else read_labels(labels)
    found = open_predictions(predictions)
    check_overlap(truth, found.keys, predictions)
    known, notes = familiar(truth, sequences, part, vocab, raw)
    cuts = None if known is None else known.segments(truth)
    result = scored(params, truth, found, known, cuts).score
    card = protocol.card(
        params, part=part, rows=truth.height, raw=raw, labels=labels, sequences=sequences
    )
    notes += missing(str(predictions), result)
    catalogue = None if known is None else known.vocab["vacancy_id"]
    notes += remarks(str(predictions), truth, found, catalogue)
    report = FileReport(**result.model_dump(), protocol=card, notes=notes)
    if made is not None:
        write_one(report, made)
    return report
