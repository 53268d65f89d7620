"""Train a few steps as one of several processes: `python pair.py DIRECTORY`, RANK and so on set."""

import os
import sys
from pathlib import Path

import torch
from accelerate import Accelerator
from safetensors.torch import save_file

from stages.train import loop, parameter_groups, sparse_gradients
from tests.worlds.small_model import make_model
from tests.worlds.small_task import make_task

STEPS = 5
RUNS = {"full": True, "sampled": False, "again": False}


def steps(accelerator: Accelerator, *, full: bool, accumulation: int) -> dict[str, torch.Tensor]:
    """Losses, gradient norms, weights and optimiser state after five steps."""
    task = make_task("prefix", accumulation=accumulation, dropout=0.0, negatives=12, epochs=9)
    model = make_model("prefix").train()
    optimizers = parameter_groups.optimizers(model, 0.01, 0.01)
    sparse_gradients.leave_to_merge(model)
    seen = []

    def after_step(figures: loop.Figures) -> bool:
        seen.append([figures.loss, figures.norm])
        return figures.step < STEPS

    loop.run(
        task,
        accelerator.prepare(model),
        optimizers,
        accelerator,
        full=full,
        first_step=0,
        after_step=after_step,
    )
    moments = optimizers[1].state[model.tower.ids.weight]
    kept = {name: weight.detach().clone() for name, weight in model.state_dict().items()}
    return kept | moments | {"seen": torch.tensor(seen)}


if __name__ == "__main__":
    torch.use_deterministic_algorithms(mode=True)
    together = Accelerator(cpu=True)
    for name, full in RUNS.items():
        found = steps(together, full=full, accumulation=1)
        save_file(found, Path(sys.argv[1]) / f"{name}-{os.environ['RANK']}")
    together.end_training()
