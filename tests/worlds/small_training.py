"""A short training of a small model: its parameters, the run, the weights it ends with."""

from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import Tensor

from stages.params import Params, validated
from stages.train import stage as train

TINY: dict[str, Any] = {
    "hidden_size": 16,
    "heads": 2,
    "layers": 1,
    "batch_tokens": 512,
    "epochs": 2,
    "patience": 0,
    "tracker": "none",
}


def params(**changes: Any) -> Params:
    seed = changes.pop("seed", 42)
    return validated({"seed": seed, "train": TINY | changes}, where="test")


def fit(artifacts: Path, out: Path, settings: Params, **more: Any) -> train.TrainReport:
    return train.run(
        settings,
        sequences=more.pop("sequences", artifacts / "sequences"),
        features=artifacts / "features",
        vocab=artifacts / "vocab.parquet",
        out=out / "model",
        checkpoints=out / "checkpoints",
        **more,
    )


def weights(out: Path) -> dict[str, Tensor]:
    return load_file(out / "model" / "model.safetensors")
