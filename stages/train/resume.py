"""Start a training: join the processes; begin anew or go on from a checkpoint."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import InitProcessGroupKwargs

from stages.core import tables
from stages.core.model_files import CHOSEN, CONFIG, WEIGHTS
from stages.interface.errors import HhrecError
from stages.interface.processes import LONGEST, unsynchronised
from stages.interface.stage_report import Progress
from stages.params import Params
from stages.train import checkpointing, sparse_gradients
from stages.train.checkpointing import State
from stages.train.precision import settle
from stages.train.prepare import Training


def start() -> Accelerator:
    """Join the other processes; refuse copies that do not know of each other."""
    waits = InitProcessGroupKwargs(timeout=LONGEST)  # while the first one counts neighbours
    # `no`: the loop casts, for `auto` needs both
    accelerator = Accelerator(mixed_precision="no", kwargs_handlers=[waits])
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world > 1 and accelerator.num_processes == 1:
        raise unsynchronised(world, "hhrec train")
    return accelerator


def be_deterministic(device: torch.device) -> None:
    """Let equal steps give equal bits; on GPUs some kernels have no deterministic twin."""
    if device.type == "cpu":
        torch.use_deterministic_algorithms(mode=True)
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def stand(
    params: Params, checkpoints: Path, fingerprint: str, *, resume: bool, accelerator: Accelerator
) -> tuple[State, Path | None]:
    """Find where to go on from with `--resume`; without it, clear an earlier run away.

    Raises:
        HhrecError: The newest checkpoint was made with other data or parameters.
    """
    found = checkpointing.newest(checkpoints)
    if found and resume:
        state = checkpointing.read_state(found)
        if state.fingerprint != fingerprint:
            raise HhrecError(
                f"{found}: made with other parameters, other data or other batches a step "
                "(processes x train.accumulation) than this run's",
                "start anew without --resume, or restore the parameters, data and processes of that run",
            )
        if params.train.precision not in {"auto", state.precision}:
            raise HhrecError(
                f"{found}: trained with train.precision={state.precision}, found "
                f"{params.train.precision} in this run",
                f"set train.precision to {state.precision} or auto, or start anew without --resume",
            )
        _require_best(checkpoints, state)
        return state, found
    if accelerator.is_main_process:
        checkpointing.prune(checkpoints, 0)
        tables.remove(checkpoints / "best")
    accelerator.wait_for_everyone()
    return State(0, -1.0, 0, fingerprint), None


def restore(
    training: Training, state: State, found: Path | None, progress: Progress
) -> tuple[State, Any]:
    """Put the weights of a checkpoint in place; without one, settle the precision to train in.

    Args:
        training: What was prepared.
        state: Of the checkpoint, or of a new training.
        found: The checkpoint.
        progress: Told the precision that is chosen.

    Returns:
        The state, which holds the precision, and the model as the processes share it.
    """
    model, accelerator = training.model, training.accelerator
    sparse_gradients.leave_to_merge(model)
    shared = accelerator.prepare(model)
    if found:
        checkpointing.load(found, model, training.optimizers)
    else:
        wanted = training.params.train.precision
        choice = settle(wanted, training.task, shared, accelerator, full=training.full())
        progress(0, 1, str(choice))
        state = replace(
            state,
            precision=choice.kind,
            bf16_speedup=choice.speedup,
            bf16_difference=choice.difference,
        )
    model.config.precision = state.precision
    return state, shared


def _require_best(checkpoints: Path, state: State) -> None:
    """Refuse to go on where the best epoch's model is gone: the last one is not the best."""
    best = checkpoints / "best"
    names = (CONFIG, WEIGHTS, CHOSEN)
    lost = [name for name in names if not (best / name).is_file()]
    if state.best >= 0 and lost:
        raise HhrecError(
            f"{best}: expected the model of step {state.best_step}, which ranked best so far; "
            f"{', '.join(lost)} not found",
            "start anew without --resume",
        )
