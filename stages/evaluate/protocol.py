"""The protocol card: the settings that must be equal for two scores to be comparable."""

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import polars as pl

from stages.core import json_text, tables
from stages.core.artifact_paths import RAW_FILES, SAMPLE_FILE
from stages.core.calibration_file import MODEL, Calibration
from stages.core.keys import KEYS
from stages.core.schema import TEST_SEQUENCES
from stages.interface.errors import HhrecError
from stages.params import Params
from stages.seen_policy import rules

LIBRARIES = ("numpy", "polars", "torch", "transformers", "accelerate", "tokenizers")
CHUNK = 1 << 20  # bytes hashed at once


def card(
    params: Params, *, part: str, rows: int, raw: Path, labels: Path | None, sequences: Path
) -> dict[str, Any]:
    """Describe one evaluation.

    Args:
        params: Seed, split, k and seen policy are taken from here, as set at evaluation.
        part: Which rows were scored.
        rows: How many.
        raw: Directory of the input files; those that are there are hashed.
        labels: Label file, hashed too; none for labels held out of the input.
        sequences: Directory of contexts, from which `split.kind: auto` is resolved.
    """
    return {
        "hhrec": _version("hhrec"),
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "data": data_hash(raw, labels),
        "generator": generator(raw),
        "split": split_kind(params.split.kind, sequences),
        "part": part,
        "rows": rows,
        "k": params.predict.k,
        "seen": rules.fixed(params.predict.seen).model_dump(),
        "seed": params.seed,
        "bootstrap": params.evaluate.bootstrap,
    }


def choices(params: Params, found: Calibration | None) -> dict[str, Any]:
    """What training chose on validation rows: who answers, and the fates of seen vacancies."""
    given = params.predict
    by, chosen = found.answer(given.fallback) if found else (MODEL, None)
    return {"answered_by": by, "seen": rules.fixed(given.seen, chosen).model_dump()}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def data_hash(raw: Path, labels: Path | None) -> dict[str, str]:
    """SHA-256 of the bytes of each input file that is there, by file name."""
    files = [raw / name for name in RAW_FILES]
    if labels is not None:
        files.append(labels)
    return {file.name: file_hash(file) for file in files if file.is_file()}


def file_hash(file: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal, read in pieces of 1 MiB."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def generator(raw: Path) -> str | None:
    """Version of the sample generator, where RAW/sample.json says that it made the files."""
    file = raw / SAMPLE_FILE
    if not file.is_file():
        return None
    try:
        return str(json_text.loads(file.read_text(encoding="utf-8"))["generator_version"])
    except (ValueError, KeyError, TypeError) as error:
        raise HhrecError(
            f"{file}: expected a JSON object with a `generator_version`, found none ({error!r})",
            "run `hhrec data sample` to write it anew, or remove it beside your own files",
        ) from error


def split_kind(kind: str, sequences: Path) -> str:
    """The configured kind; `auto` is resolved by whether validation rows are test sessions."""
    if kind != "auto":
        return kind
    try:
        validation, test = (
            tables.scan(sequences / part, TEST_SEQUENCES, made_by="hhrec sequences build")
            .select(KEYS)
            .collect()
            for part in ("validation", "test")
        )
    except HhrecError:
        return kind
    return f"auto: {_resolved(validation, test)}"


def _resolved(validation: pl.DataFrame, test: pl.DataFrame) -> str:
    shared = validation.join(test, on=KEYS, how="semi").height
    return "test_sessions" if shared else "last_session"
