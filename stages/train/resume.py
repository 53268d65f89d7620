"""Where a training begins: with which processes, and anew or from which checkpoint."""

import os
from pathlib import Path

from accelerate import Accelerator

from stages.core import tables
from stages.interface.errors import HhrecError
from stages.params import Params
from stages.train import checkpointing


def start() -> Accelerator:
    """Join the other processes; refuse copies that do not know of each other."""
    accelerator = Accelerator(mixed_precision="no")  # the loop casts: `auto` needs both
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world > 1 and accelerator.num_processes == 1:
        raise HhrecError(
            f"WORLD_SIZE is {world}, but each process believes to be alone: expected {world} "
            "synchronised processes, found unsynchronised copies",
            "on CPUs: ACCELERATE_USE_CPU=true accelerate launch --multi_gpu "
            f"--num_processes {world} hhrec train",
        )
    return accelerator


def stand(
    params: Params, checkpoints: Path, fingerprint: str, *, resume: bool, accelerator: Accelerator
) -> tuple[checkpointing.State, Path | None]:
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
        return state, found
    if accelerator.is_main_process:
        checkpointing.prune(checkpoints, 0)
        tables.remove(checkpoints / "best")
    accelerator.wait_for_everyone()
    return checkpointing.State(0, -1.0, 0, fingerprint), None
