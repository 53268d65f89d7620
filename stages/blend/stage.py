"""Blend several recommenders' predictions, with weights given or tuned on validation."""

import math
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from stages.blend import rank_fusion
from stages.core import kinds, lineage, outputs, tables
from stages.core.artifact_paths import TEST_FILE, VALIDATION
from stages.core.keys import KEYS
from stages.core.schema import PREDICTIONS
from stages.interface.errors import HhrecError, UsageError
from stages.interface.stage_report import Progress, Report, silent
from stages.params import Params
from stages.scoring.labels_and_predictions import check_overlap, held_out, read_predictions

SLICE = 10_000  # rows fused at once: some millions of candidates


class BlendReport(Report):
    """Weights by file; how well tuned ones do on the validation rows, null where none were."""

    weights: dict[str, float]
    validation_mrr: float | None
    rows: int
    recommendations: int
    out: str


def run(
    params: Params,
    *,
    files: Sequence[Path],
    weights: Sequence[float] | None,
    tune: Sequence[Path],
    sequences: Path,
    out: Path,
    progress: Progress = silent,
) -> BlendReport:
    """Write the fused predictions of every row that one of the files has.

    Args:
        params: `predict.k` is taken from here.
        files: Predictions, two or more.
        weights: Of each file; none takes tuned ones, or 1 for all.
        tune: The same recommenders' predictions for the validation rows, or nothing.
        sequences: Directory of the validation sequences that hold the labels; read for `tune`.
        out: Predictions file.
        progress: Told how many rows are fused.

    Raises:
        UsageError: Numbers of files do not fit, or weights are no weights.
        HhrecError: A file is unfit, or there are no validation labels to tune on.
    """
    check(files, weights, tune)
    made = prepared(params, out, files, tune, sequences)
    read = [read_predictions(file) for file in files]
    chosen, reached = tuned(tune, sequences) if tune else (weights or [1.0] * len(files), None)
    keys = pl.concat([table.select(KEYS) for table in read]).unique().sort(KEYS)
    parts = [pl.DataFrame(schema=dict(PREDICTIONS))]
    for start in range(0, keys.height, SLICE):
        piece = keys.slice(start, SLICE)
        parts.append(rank_fusion.fuse(piece, read, chosen, params.predict.k))
        progress(start + piece.height, keys.height)
    found = pl.concat(parts)
    with made.replacing() as scratch:
        tables.sink(found, scratch, PREDICTIONS, kinds.MARK)
    return BlendReport(
        weights={str(file): weight for file, weight in zip(files, chosen, strict=True)},
        validation_mrr=reached,
        rows=found.height,
        recommendations=int(found["predictions"].list.len().sum()),
        out=str(out),
    )


def prepared(
    params: Params, out: Path, files: Sequence[Path], tune: Sequence[Path], sequences: Path
) -> outputs.Output:
    """Check the place of the blend, and that its files are predictions for the same rows.

    Raises:
        HhrecError: Some files are for validation rows and some for test rows, or of other sequences.
    """
    inputs = {f"file {number}": file for number, file in enumerate(files, 1)}
    tuned_on = {f"tune {number}": file for number, file in enumerate(tune, 1)}
    beside = {"sequences": sequences} if tune else {}
    made = outputs.prepare(
        out,
        kinds.PREDICTIONS,
        inputs={**inputs, **tuned_on, **beside},
        params=params,
        roles={TEST_FILE},
    )
    parts = [outputs.part_of(made.inputs[role]) for role in inputs if role in made.inputs]
    told = [part for part in parts if part]
    for role in inputs:
        if told and role in made.inputs:
            lineage.require_fact(made.inputs[role], "part", told[0])
    for role in tuned_on:
        if role in made.inputs:
            lineage.require_fact(made.inputs[role], "part", "validation")
    made.facts.update({"part": told[0]} if told else {})
    return made


def check(files: Sequence[Path], weights: Sequence[float] | None, tune: Sequence[Path]) -> None:
    """Raise UsageError unless there are files to blend, and weights or files to tune on for each."""
    example = "for example `hhrec blend A.parquet B.parquet --weights 1,0.5 --out C.parquet`"
    if len(set(files)) < max(2, len(files)):
        raise UsageError(
            f"blend: expected two or more different files, found {len(files)}", example
        )
    if weights is not None and tune:
        raise UsageError("blend: found both weights and files to tune them on", example)
    if tune and len(tune) != len(files):
        raise UsageError(
            f"--tune: expected one file of validation rows for each of {len(files)} files, "
            f"found {len(tune)}",
            "write them with `--part validation`, and repeat --tune in the order of the files",
        )
    if weights is None:
        return
    good = [weight for weight in weights if math.isfinite(weight) and weight >= 0]
    if len(good) != len(files) or len(weights) != len(files) or not any(good):
        raise UsageError(
            f"--weights: expected {len(files)} numbers of at least 0, not all 0, found "
            + ",".join(map(str, weights)),
            example,
        )


def tuned(files: Sequence[Path], sequences: Path) -> tuple[tuple[float, ...], float]:
    """Weights that are best on the validation rows, and their MRR@100 there."""
    labels = held_out(sequences / VALIDATION)
    if labels.is_empty():
        raise HhrecError(
            f"{sequences / 'validation'}: expected labels to tune on, found none",
            "give weights by --weights, or choose a `split.kind` that holds labels out",
        )
    read = [read_predictions(file) for file in files]
    for file, table in zip(files, read, strict=True):
        check_overlap(labels, table, file)
    return rank_fusion.tune(rank_fusion.Judge(labels, read), len(files))
