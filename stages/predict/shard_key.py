"""The key of a prediction's shards: a digest of all that a shard's lists depend on."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch

from stages.core import manifests, outputs
from stages.interface.processes import Processes
from stages.params import Params

VERSION = 1  # of the files of shards and of how rows are cut
STAGES = Path(__file__).parents[1]


def key(
    params: Params,
    made_of: Mapping[str, Path | None],
    asked: Mapping[str, Any],
    processes: Processes,
) -> str:
    """Digest of everything that makes the lists; the same in all processes.

    Args:
        params: All parameters.
        made_of: Files and directories that are read, by role; their content counts, not their place.
        asked: Further options, as plain values.
        processes: The threads and the device of the first count: they decide last bits.

    Raises:
        HhrecError: Processes read other files, or have other packages, code or parameters.
    """
    known = outputs.identified(made_of)
    content = {
        "version": VERSION,
        "params": params.model_dump(mode="json", exclude={"raw"}),
        "files": {role: one.digest for role, one in sorted(known.items())},
        "asked": dict(asked),
        "packages": manifests.packages(),
        "code": code(),
    }
    agreed = processes.agreed(_digest(content), "files, parameters, packages or code")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return processes.told(_digest([agreed, device, torch.get_num_threads()]))


@cache
def code(root: Path = STAGES) -> str:
    """Digest of the source of all stages: a version alone does not tell what was changed since."""
    found = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        found.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes())
    return found.hexdigest()


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
