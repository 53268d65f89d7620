"""A model trained for one epoch on the small artifacts, and the same answered by others."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from stages import train
from stages.core.calibration_file import MODEL
from stages.params import Params, validated
from stages.predict.loaded_model import LoadedModel

TINY = {"hidden_size": 16, "heads": 2, "layers": 1, "epochs": 1, "tracker": "none"}
ITEMS = 300  # vacancies of the small artifacts


def settings(**predict: Any) -> Params:
    """Parameters of the little model: lists of ten."""
    return validated({"train": TINY, "predict": {"k": 10, **predict}}, where="test")


def trained(artifacts: Path, out: Path) -> dict[str, Path]:
    """Train the model in `out`; the paths that `predict` and `explain` read."""
    paths = {
        "sequences": artifacts / "sequences",
        "features": artifacts / "features",
        "vocab": artifacts / "vocab.parquet",
    }
    train.run(settings(), **paths, out=out / "model", checkpoints=out / "checkpoints")
    return {"model": out / "model", **paths}


def served(artifacts: Path, out: Path) -> Path:
    """Make a directory of artifacts: the little model, and links to the rest."""
    trained(artifacts, out)
    for name in ("sequences", "features", "vocab.parquet", "events", "raw"):
        (out / name).symlink_to(artifacts / name)
    return out


def answering(loaded: LoadedModel, who: str, **more: Any) -> LoadedModel:
    """The same model, answered by itself `as trained`, by its calibration (`model`), or by a baseline.

    Rows that are asked long after the log's end are answered `as trained` whoever it is: `lag` moves that.
    """
    found = loaded.calibration
    assert found is not None
    answers = who if who != "as trained" else MODEL
    chosen = None if who == "as trained" else replace(found, answers=answers, **more)
    return replace(loaded, calibration=chosen)
