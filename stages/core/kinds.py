"""Kinds of artifacts: who writes each, of which files it consists, and how it is known again.

An artifact is known by its manifest. One without (of an older version, from a copy or from the cache
of DVC) is known by its form where that is ours alone; else it counts as somebody else's.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from stages.core import json_text, schema, table_files
from stages.core.artifact_paths import RAW_FILES as RAW_NAMES
from stages.core.artifact_paths import SAMPLE_FILE
from stages.core.manifests import DIGEST
from stages.core.model_files import BEST, CONFIG
from stages.core.schema import Schema

MARK = {"hhrec": "predictions"}  # in the footer of predictions, whose columns others use, too
BUCKET = r"bucket-\d{5}\.parquet"
PAGE_MARK = b"Written by `hhrec report`"
TAIL = 4096  # bytes at the end of a page in which its mark stands


@dataclass(frozen=True)
class Kind:
    """One kind of artifact.

    Attributes:
        name: In messages and manifests.
        command: What writes it.
        files: Pattern of the paths of its files; empty for an artifact that is one file.
        proof: Whether what stands somewhere, all of such files, can only be ours.
    """

    name: str
    command: str
    files: str = ""
    proof: Callable[[Path], bool] = lambda _: False

    @property
    def directory(self) -> bool:
        """Whether it is a directory of files."""
        return bool(self.files)


def _table(path: Path, columns: Schema) -> bool:
    """Whether a table has exactly our columns."""
    files = [path] if path.is_file() else sorted(path.glob("bucket-*.parquet"))
    try:
        return bool(files) and list(table_files.parquet_schema(files[0])) == list(columns)
    except (OSError, pl.exceptions.PolarsError):
        return False


def _marked(path: Path) -> bool:
    """Whether a Parquet file says in its footer that hhrec wrote it."""
    try:
        found = table_files.parquet_metadata(path)
    except (OSError, pl.exceptions.PolarsError):
        return False
    return all(found.get(name) == value for name, value in MARK.items())


def _json(path: Path) -> dict[str, object]:
    try:
        found = json_text.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _scores(path: Path) -> bool:
    found = [_json(path / name) for name in ("test.json", "validation.json")]
    return any({"scores", "protocol"} <= set(one) for one in found)


def _page(path: Path) -> bool:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - TAIL))
        return PAGE_MARK in stream.read()


def _checkpoints(path: Path) -> bool:
    steps, best = list(path.glob("step-*")), path / "best"
    known = any("fingerprint" in _json(one / "state.json") for one in steps) or not steps
    return known and (not best.exists() or (best / BEST).is_file())


def _raw(path: Path) -> bool:
    return "generator_version" in _json(path / SAMPLE_FILE)


def _inputs(path: Path) -> bool:
    found = _json(path)
    hashed = all(isinstance(one, str) and DIGEST.fullmatch(one) for one in found.values())
    return set(found) == set(RAW_NAMES) and hashed


RAW_FILES = r"(train|test|vacancies|labels)\.parquet"
SCORED = r"(test|validation|summary)\.json|comparison\.csv|(test|validation)\.baseline\.parquet"
STORE = "items|actions|times|sessions|ranks|met|users|offsets"
CURVES = "loss|lr|gradient_norm|validation_mrr_100|epoch"
WEIGHTS = r"config\.json|generation_config\.json|model\.safetensors|training\.json|best\.json"

TABLES = r"neighbours/(\d_(data|indices|indptr|source|target)\.npy|cuts\.npy|key\.json)"

BUNDLE_FILE = "bundle.json"  # what a bundle says of itself
BUNDLED = (
    rf"{WEIGHTS}|vocabulary\.parquet|calibration\.json|params\.json|bundle\.json|README\.md"
    r"|vacancies\.arrow|books/(books|tokenizer)\.json|arrays/[a-z_]+\.npy"
)

SAMPLE = Kind("sample", "hhrec data sample", rf"{RAW_FILES}|sample\.json", _raw)
IMPORT = Kind("imported log", "hhrec data import", RAW_FILES)
EVENTS = Kind("events", "hhrec explode", BUCKET, lambda path: _table(path, schema.EVENTS))
FILTERED = Kind("filtered", "hhrec filter", BUCKET, lambda path: _table(path, schema.FILTERED))
VOCAB = Kind("vocab", "hhrec vocab build", proof=lambda path: _table(path, schema.VOCAB))
FEATURES = Kind(
    "features",
    "hhrec features build",
    rf"books/(books|tokenizer)\.json|items/{BUCKET}|vectors\.npy",
    lambda path: _table(path / "items", schema.FEATURES),
)
SEQUENCES = Kind(
    "sequences",
    "hhrec sequences build",
    rf"(train|validation|test)/{BUCKET}",
    lambda path: _table(path / "train", schema.HISTORY),
)
MODEL = Kind(
    "model",
    "hhrec train",
    rf"{WEIGHTS}|vocabulary\.parquet|calibration\.json|{TABLES}",
    lambda path: _json(path / CONFIG).get("model_type") == "hhrec",
)
CHECKPOINTS = Kind(
    "checkpoints",
    "hhrec train",
    rf"step-\d{{9}}/(model\.safetensors|optimizer\.safetensors|state\.json)|best/({WEIGHTS})"
    rf"|store/({STORE})\.npy|{TABLES}|\.((best|store|neighbours|step-\d{{9}})\.)?[0-9a-f]{{8}}\.(part|old)(/.*)?",
    _checkpoints,
)
LIVE = Kind(
    "curves",
    "hhrec train",
    rf"metrics\.json|plots/metrics/({CURVES})\.tsv|events\.out\.tfevents\..*|wandb/.*",
    lambda path: set(_json(path / "metrics.json")) <= {*CURVES.split("|"), "step"},
)
PREDICTIONS = Kind("predictions", "hhrec predict", proof=_marked)
METRICS = Kind("metrics", "hhrec evaluate", SCORED, _scores)
SCORES = Kind("scores", "hhrec evaluate", proof=lambda path: "protocol" in _json(path))
BUNDLE = Kind("bundle", "hhrec bundle", BUNDLED, lambda path: "bundle" in _json(path / BUNDLE_FILE))
ONNX = Kind(
    "ONNX export",
    "hhrec export onnx",
    r"(encoder|ranking)\.onnx|(vectors|biases|own_demand)\.bin|(vacancy_ids|export)\.json|README\.md",
    lambda path: "onnx" in _json(path / "export.json"),
)
PAGE = Kind("report", "hhrec report", proof=_page)
TRIALS = Kind("trials", "hhrec tune", proof=lambda path: {"study", "trials"} <= set(_json(path)))
INPUTS = Kind("inputs", "hhrec run", proof=_inputs)  # hashes of the raw files, without a manifest
PROJECT = Kind("project file", "hhrec init")


def foreign(path: Path, kind: Kind) -> list[str]:
    """Files and links in a directory that a kind does not consist of."""
    pattern = re.compile(kind.files)
    return [
        name
        for entry in sorted(path.rglob("*"))
        if entry.is_symlink() or not entry.is_dir()
        if not pattern.fullmatch(name := entry.relative_to(path).as_posix()) or entry.is_symlink()
    ]
