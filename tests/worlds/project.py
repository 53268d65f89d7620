"""A project directory after a whole run: raw files, parameters, artifacts."""

import json
import shutil
from pathlib import Path

from stages.params import validated
from stages.pipeline import pipeline

SMALL = {
    "split": {"kind": "last_session"},
    "train": {"hidden_size": 8, "heads": 1, "layers": 1, "epochs": 1, "tracker": "none"},
    "evaluate": {"bootstrap": 100},
    "raw": "raw",
}


def finish(root: Path) -> Path:
    """Write parameters and run everything on the raw files in `root/raw`."""
    (root / "params.yaml").write_text(json.dumps(SMALL))
    settings = validated(SMALL, where="test")
    for _ in pipeline.run(settings, raw=root / "raw", artifacts=root / "artifacts"):
        pass
    return root


def project_of(raw: Path, root: Path) -> Path:
    """Make a finished project of a copy of raw files."""
    shutil.copytree(raw, root / "raw")
    return finish(root)
