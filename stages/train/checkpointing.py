"""Checkpoints: weights and optimiser state in safetensors, the rest in JSON; whole or absent."""

import json
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from stages.core import exchange, json_text, weight_files
from stages.core.model_files import WEIGHTS
from stages.interface import failures
from stages.interface.errors import HhrecError

NAME = re.compile(r"step-(\d{9})$")
STATE, OPTIMIZER = "state.json", "optimizer.safetensors"


@dataclass(frozen=True)
class State:
    """Where a training stands.

    Attributes:
        step: Optimiser steps done.
        best: Best validation figure so far; -1 before the first.
        best_step: Steps after which it was reached.
        waited: Epochs since the best.
        fingerprint: What the run depends on; another fingerprint cannot be resumed.
        done: Training has ended and is not to go on.
        precision: In which precision it runs, `no` or `bf16`; empty before that is settled.
        bf16_speedup: Seconds in fp32 over seconds in bf16, where both were timed.
        bf16_difference: Relative difference of the losses then.
        pending: An epoch has ended here whose validation is not done yet.
    """

    step: int
    best: float
    waited: int
    fingerprint: str
    done: bool = False
    best_step: int = 0
    precision: str = ""
    bf16_speedup: float | None = None
    bf16_difference: float | None = None
    pending: bool = False


Optimizers = Sequence[torch.optim.Optimizer]


def save(root: Path, model: nn.Module, optimizers: Optimizers, state: State) -> Path:
    """Write a checkpoint beside the others.

    It appears under its name only when it is complete and on the disk, so neither a killed process
    nor a machine without power leaves half of one.
    """
    root.mkdir(parents=True, exist_ok=True)
    target = root / f"step-{state.step:09d}"
    scratch = _scratch(root)
    scratch.mkdir()
    try:
        save_file(_plain(model.state_dict()), scratch / WEIGHTS)
        save_file(_flatten(model, optimizers), scratch / OPTIMIZER)
        (scratch / STATE).write_text(json.dumps(asdict(state)), encoding="utf-8")
        exchange.put(scratch, target)
    finally:
        exchange.remove(scratch)
    return target


def mark(path: Path, state: State) -> None:
    """Write anew where a checkpoint's training stands; its weights are the same."""
    scratch = _scratch(path.parent)
    try:
        scratch.write_text(json.dumps(asdict(state)), encoding="utf-8")
        exchange.put(scratch, path / STATE)
    finally:
        scratch.unlink(missing_ok=True)


def require_finite(model: nn.Module) -> None:
    """Refuse to publish a model that answers with nothing.

    Raises:
        HhrecError: A weight is infinite or not a number.
    """
    bad = [name for name, weight in model.named_parameters() if not weight.isfinite().all()]
    if bad:
        raise HhrecError(
            f"the model: expected finite weights, found others in {len(bad)} tensors, among them "
            f"{bad[0]}: it is not published",
            "lower train.lr, and start anew without --resume",
        )


def newest(root: Path) -> Path | None:
    """Find the checkpoint with the most steps."""
    found = [path for path in root.glob("step-*") if NAME.search(path.name)]
    return max(found, key=lambda path: path.name, default=None)


def read_state(path: Path) -> State:
    """Read where a checkpoint's training stood.

    Raises:
        HhrecError: It is broken.
    """
    try:
        return json_text.parsed(State, (path / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError) as error:
        raise broken(path, error) from error


def broken(path: Path, error: Exception) -> HhrecError:
    """Say that a checkpoint cannot be gone on from, and from where one can."""
    return HhrecError(
        f"{path}: a broken checkpoint (expected model.safetensors, optimizer.safetensors and "
        f"state.json as `hhrec train` wrote them; {failures.short(error)})",
        f"remove it, and go on from the one before: rm -r {path}; or start without --resume",
    )


def load(path: Path, model: nn.Module, optimizers: Optimizers) -> None:
    """Put a checkpoint's weights and optimiser state in place.

    Raises:
        HhrecError: It is broken, or of another model.
    """
    try:
        weight_files.require_like(
            path / WEIGHTS, {name: tuple(one.shape) for name, one in model.state_dict().items()}
        )
        weight_files.shapes(path / OPTIMIZER)
        weights = load_file(path / WEIGHTS)
        flat = load_file(path / OPTIMIZER)
        model.load_state_dict(weights)
    except (OSError, RuntimeError, ValueError, SafetensorError, HhrecError) as error:
        raise broken(path, error) from error
    for name, weight, optimizer in _owned(model, optimizers):
        prefix = name + "/"
        kept = {
            key.removeprefix(prefix): value.to(weight.device)
            for key, value in flat.items()
            if key.startswith(prefix)
        }
        if kept:
            optimizer.state[weight] = kept


def prune(root: Path, keep: int) -> None:
    """Remove all but the newest `keep` checkpoints, and what a killed run left half-written.

    A checkpoint loses its name before its files, so that a kill leaves no half of one.
    """
    for path in sorted(root.glob("step-*"))[: -keep or None]:
        path.rename(_scratch(root))
    for scrap in (*root.glob(".*.part"), *root.glob(".step-*.old")):
        exchange.remove(scrap)


def _scratch(root: Path) -> Path:
    """Return a new path beside the checkpoints that `prune` sweeps up."""
    return root / f".{uuid.uuid4().hex[:8]}.part"


def _owned(
    model: nn.Module, optimizers: Optimizers
) -> Iterator[tuple[str, nn.Parameter, torch.optim.Optimizer]]:
    """Yield each weight that is trained, its name and its optimiser."""
    names = {id(weight): name for name, weight in model.named_parameters()}
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            yield from ((names[id(weight)], weight, optimizer) for weight in group["params"])


def _flatten(model: nn.Module, optimizers: Optimizers) -> dict[str, Tensor]:
    return _plain(
        {
            f"{name}/{key}": value
            for name, weight, optimizer in _owned(model, optimizers)
            for key, value in optimizer.state.get(weight, {}).items()
        }
    )


def _plain(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
