"""Provenance: the input files that a directory of artifacts was made from.

`inputs.json` in the directory maps the name of each input file to the SHA-256 of its bytes.
`labels.parquet` is not among them: it may be added later, and only `evaluate` reads it.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from stages.core import tables
from stages.core.artifact_paths import ARTIFACTS, INPUTS_FILE, RAW_FILES, SAMPLE_DIR
from stages.evaluate import protocol
from stages.interface.errors import HhrecError, MissingInputError

SAMPLE = ARTIFACTS / SAMPLE_DIR


def claim(raw: Path, artifacts: Path, outputs: Sequence[str], *, force: bool) -> None:
    """Write down that `artifacts` belongs to the files of `raw`.

    Args:
        raw: Directory of the input files.
        artifacts: Directory of everything made from them.
        outputs: Names in `artifacts` that stages write; nothing else is looked at or removed.
        force: Remove outputs of other inputs instead of refusing.

    Raises:
        MissingInputError: An input file is not there.
        HhrecError: `artifacts` holds outputs of other, or of unknown, inputs.
    """
    check_inputs(raw)
    inputs = protocol.data_hash(raw, None)
    owner = claimed(artifacts)
    strange = [name for name in outputs if (artifacts / name).exists() and owner != inputs]
    if strange and not force:
        made = "unknown input files" if owner is None else f"other input files than those of {raw}"
        raise HhrecError(
            f"{artifacts}: holds {', '.join(strange)} made from {made}",
            "name another directory with --artifacts DIR, or replace them all with --force",
        )
    for name in strange:
        tables.remove(artifacts / name)
    with tables.atomic(artifacts / INPUTS_FILE) as scratch:
        scratch.write_text(json.dumps(inputs, indent=2) + "\n", encoding="utf-8")


def claimed(artifacts: Path) -> dict[str, str] | None:
    """Hashes of the inputs that `artifacts` was made from, or None where nothing readable says."""
    try:
        found = json.loads((artifacts / INPUTS_FILE).read_text(encoding="utf-8"))
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
