"""Provenance: the input files that a directory of artifacts was made from.

`inputs.json` in the directory maps the name of each input file to the SHA-256 of its bytes.
`labels.parquet` is not among them: it may be added later, and only `evaluate` reads it.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from stages.core import json_text, kinds, locks, manifests, outputs, ownership, tables
from stages.core.artifact_paths import (
    ARTIFACTS,
    FINAL_DIR,
    INPUTS_FILE,
    LABELS_FILE,
    RAW_FILES,
    SAMPLE_DIR,
)
from stages.core.kinds import Kind
from stages.core.locks import Lock
from stages.evaluate import protocol
from stages.interface.errors import HhrecError, MissingInputError

SAMPLE = ARTIFACTS / SAMPLE_DIR


def claim(raw: Path, artifacts: Path, results: Mapping[str, Kind], *, force: bool) -> list[Lock]:
    """Write down that `artifacts` belongs to the files of `raw`.

    Args:
        raw: Directory of the input files.
        artifacts: Directory of everything made from them.
        results: What stages write into `artifacts`, by name; nothing else is looked at or removed.
        force: Remove outputs of other inputs instead of refusing.

    Returns:
        Locks on all results but those of the final fit, to be held until the last stage has ended.

    Raises:
        MissingInputError: An input file is not there.
        HhrecError: `artifacts` holds outputs of other, or of unknown, inputs, or something under
            their names or `inputs.json` that hhrec did not write; or another run writes there.
    """
    check_inputs(raw)
    places = places_in(artifacts, results)
    for path, kind in {**places, artifacts / INPUTS_FILE: kinds.INPUTS}.items():
        ownership.require(path, kind, [raw / name for name in (*RAW_FILES, LABELS_FILE)])
    with outputs.mended(artifacts):
        held = [locks.lock(artifacts / name) for name in results]
    with final_locked(artifacts, results):
        with outputs.mended(artifacts):
            for path in places:
                manifests.sweep(path)
        inputs = protocol.data_hash(raw, None)
        owner = claimed(artifacts)
        strange = [path for path in places if path.exists() and owner != inputs]
        if strange and not force:
            names = ", ".join(str(path.relative_to(artifacts)) for path in strange)
            made = f"other input files than those of {raw}" if owner else "unknown input files"
            raise HhrecError(
                f"{artifacts}: holds {names} made from {made}",
                "name another directory with --artifacts DIR, or replace them all with --force",
            )
        for path in strange:
            outputs.remove(path, places[path])
    with outputs.mended(artifacts), tables.atomic(artifacts / INPUTS_FILE) as scratch:
        scratch.write_text(json.dumps(inputs, indent=2) + "\n", encoding="utf-8")
    return held


def places_in(artifacts: Path, results: Mapping[str, Kind]) -> dict[Path, Kind]:
    """Every result's path and kind, those of the final fit too."""
    return {
        directory / name: kind
        for directory in (artifacts, artifacts / FINAL_DIR)
        for name, kind in results.items()
    }


@contextmanager
def final_locked(artifacts: Path, results: Mapping[str, Kind]) -> Iterator[None]:
    """Let nobody write into `final/` meanwhile; where nobody ever has, no lock is needed or made.

    The locks are given back at once, for their directory may go with an older final fit.

    Raises:
        HhrecError: Somebody writes there, such as a final fit that is made by hand.
    """
    final = artifacts / FINAL_DIR
    written = (final / manifests.FOLDER).is_dir()  # whoever writes there makes it first
    with outputs.mended(final):
        held = [locks.lock(final / name) for name in results if written]
    try:
        yield
    finally:
        held.clear()


def clear_final(artifacts: Path, results: Mapping[str, Kind], kept: Collection[str] = ()) -> None:
    """Remove an older final fit, which is not of this run's model; what else lies there stays.

    Args:
        artifacts: Directory of everything.
        results: What stages write, by name.
        kept: Names of what is gone on with.

    Raises:
        HhrecError: Somebody writes there.
    """
    final = artifacts / FINAL_DIR
    with final_locked(artifacts, results):
        for name in (name for name in results if name not in kept):
            outputs.remove(final / name, results[name])
        if final.is_dir() and {entry.name for entry in final.iterdir()} <= {manifests.FOLDER}:
            outputs.remove_empty(final)


def claimed(artifacts: Path) -> dict[str, str] | None:
    """Hashes of the inputs that `artifacts` was made from, or None where nothing readable says."""
    try:
        found = json_text.loads((artifacts / INPUTS_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def check_inputs(raw: Path) -> None:
    """Raise MissingInputError unless the three input files are in `raw`."""
    hint = f"type `hhrec data sample --out {raw}`" if raw == SAMPLE else "name it with --raw DIR"
    for path in (raw, *(raw / name for name in RAW_FILES)):
        if not path.exists():
            raise MissingInputError(
                f"{path}: not found; train.parquet, test.parquet and vacancies.parquet were "
                f"expected in {raw}",
                hint,
            )
