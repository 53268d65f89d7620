"""Where a training writes: the model, its checkpoints, its curves; all checked before it begins."""

from collections.abc import Mapping
from itertools import permutations
from pathlib import Path

from accelerate import Accelerator

from stages.core import kinds, locks, outputs, ownership
from stages.interface.errors import HhrecError
from stages.params import Params
from stages.train import checkpointing


def prepared(
    params: Params,
    places: Mapping[str, Path | None],
    *,
    inputs: Mapping[str, Path],
    references: Mapping[str, Path | None],
    resume: bool,
    accelerator: Accelerator,
) -> outputs.Output | None:
    """Check and lock the places of a training.

    Args:
        params: Parameters for the manifest.
        places: By option: `--out` of the model, `--checkpoints`, and maybe `--live` of curves.
        inputs: Tables to train from, by role.
        references: Older models, by role.
        resume: Whether the newest checkpoint is gone on from.
        accelerator: Only its main process writes.

    Returns:
        The place of the model; none in other processes than the main one.

    Raises:
        HhrecError: A place is not ours, lies in another one, or is in use; the newest checkpoint is
            broken; inputs do not fit together.
    """
    if not accelerator.is_main_process:
        return None
    given = {name: path for name, path in places.items() if path is not None}
    for (name, path), (other, beside) in permutations(given.items(), 2):
        if path.resolve() in (beside.resolve(), *beside.resolve().parents):
            raise HhrecError(
                f"{name} {path} is, or holds, {other} {beside}: expected places apart",
                f"name another with {other}",
            )
    out, checkpoints, live = given["--out"], given["--checkpoints"], given.get("--live")
    if resume and (found := checkpointing.newest(checkpoints)):
        checkpointing.read_state(found)
    protected = [path for path in (*inputs.values(), *references.values()) if path is not None]
    ownership.require(checkpoints, kinds.CHECKPOINTS, protected)
    if live is not None:
        ownership.require(live, kinds.LIVE, protected)
    made = outputs.prepare(out, kinds.MODEL, inputs=inputs, references=references, params=params)
    with outputs.mended(checkpoints):
        made.holds.append(locks.lock(checkpoints))
    return made
