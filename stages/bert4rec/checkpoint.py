"""Checkpoints: weights and optimiser state in safetensors, the rest in JSON; whole or absent."""

import json
import re
import shutil
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

NAME = re.compile(r"step-(\d{9})$")


@dataclass(frozen=True)
class State:
    """Where a training stands.

    Attributes:
        step: Optimiser steps done.
        best: Best validation figure so far; -1 before the first.
        waited: Epochs since the best.
        fingerprint: What the run depends on; another fingerprint cannot be resumed.
        done: Training has ended and is not to go on.
    """

    step: int
    best: float
    waited: int
    fingerprint: str
    done: bool = False


def save(root: Path, model: nn.Module, optimizer: torch.optim.Optimizer, state: State) -> Path:
    """Write a checkpoint beside the others; it appears under its name only when complete."""
    root.mkdir(parents=True, exist_ok=True)
    target = root / f"step-{state.step:09d}"
    scratch = root / f".{uuid.uuid4().hex[:8]}.part"
    scratch.mkdir()
    save_file(_plain(model.state_dict()), scratch / "model.safetensors")
    save_file(_flatten(model, optimizer), scratch / "optimizer.safetensors")
    (scratch / "state.json").write_text(json.dumps(asdict(state)), encoding="utf-8")
    if target.exists():
        shutil.rmtree(target)
    scratch.rename(target)
    return target


def newest(root: Path) -> Path | None:
    """Find the checkpoint with the most steps."""
    found = [path for path in root.glob("step-*") if NAME.search(path.name)]
    return max(found, key=lambda path: path.name, default=None)


def read_state(path: Path) -> State:
    """Read where a checkpoint's training stood."""
    return State(**json.loads((path / "state.json").read_text(encoding="utf-8")))


def load(path: Path, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Put a checkpoint's weights and optimiser state in place."""
    model.load_state_dict(load_file(path / "model.safetensors"))
    flat = load_file(path / "optimizer.safetensors")
    names = {id(weight): name for name, weight in model.named_parameters()}
    for group in optimizer.param_groups:
        for weight in group["params"]:
            prefix = names[id(weight)] + "/"
            kept = {
                key.removeprefix(prefix): value
                for key, value in flat.items()
                if key.startswith(prefix)
            }
            if kept:
                optimizer.state[weight] = {
                    key: value if key == "step" else value.to(weight.device)
                    for key, value in kept.items()
                }


def prune(root: Path, keep: int) -> None:
    """Remove all but the newest `keep` checkpoints, and what a killed run left half-written."""
    for scrap in root.glob(".*.part"):
        shutil.rmtree(scrap)
    for path in sorted(root.glob("step-*"))[: -keep or None]:
        shutil.rmtree(path)


def _flatten(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    names = {id(weight): name for name, weight in model.named_parameters()}
    return _plain(
        {
            f"{names[id(weight)]}/{key}": value
            for weight, values in optimizer.state.items()
            for key, value in values.items()
        }
    )


def _plain(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
