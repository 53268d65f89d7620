"""Compare two recommenders on the same rows, overall and by segment."""

from pathlib import Path

from stages.baselines.stage import Part
from stages.evaluate import protocol
from stages.evaluate.metrics_files import write_one
from stages.evaluate.paired_differences import by_segment, paired, values
from stages.evaluate.report_schema import CompareReport
from stages.evaluate.row_context import familiar
from stages.evaluate.scores import ranks_of
from stages.evaluate.stage import alone
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
    files: tuple[Path, Path],
    labels: Path | None,
    part: Part,
    sequences: Path,
    vocab: Path,
    raw: Path,
    out: Path | None,
) -> CompareReport:
    """Compare two predictions files on the same labelled rows; by the paired bootstrap.

    Args:
        params: All parameters.
        files: The first and the second.
        labels: True vacancies; none takes those of the validation sequences.
        part: Whose contexts the rows have.
        sequences: Directory of contexts; without it there are no segments.
        vocab: The vocabulary; without it there are no segments.
        raw: Directory of the input files: hashed for the protocol card, cut by for segments.
        out: JSON file to write, or none.
    """
    made = alone(params, out, files, part)
    truth = held_out(sequences / part) if labels is None else read_labels(labels)
    lists = [open_predictions(file) for file in files]
    for file, found in zip(files, lists, strict=True):
        check_overlap(truth, found.keys, file)
    first, second = (values(ranks_of(truth, found)) for found in lists)
    known, notes = familiar(truth, sequences, part, vocab, raw)
    card = protocol.card(
        params, part=part, rows=truth.height, raw=raw, labels=labels, sequences=sequences
    )
    report = CompareReport(
        **paired(first, second, params).model_dump(),
        files=(str(files[0]), str(files[1])),
        segments={} if known is None else by_segment(first, second, known.segments(truth), params),
        protocol=card,
        notes=notes,
    )
    if made is not None:
        write_one(report, made)
    return report
