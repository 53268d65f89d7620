"""A training of some steps in memory, timed."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import torch

from stages.bert4rec.examples.histories import Histories
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.model import HhrecModel
from stages.bert4rec.retrieval.cooccurrence import nobody
from stages.params import Params
from stages.train import loop, parameter_groups
from stages.train.dataset import TrainingData
from stages.train.loss_choice import takes_all
from tests.benchmarks import gpu_worlds
from tests.benchmarks.gpu_child import Bench
from tests.benchmarks.gpu_worlds import World

WARM, LEAST = (
    40,
    10,
)  # steps before the clock starts, and those that come before `WARMING` seconds end
WARMING = 5.0
EPOCHS = 1_000
MASKED: dict[str, Any] = {
    "objective": "mlm",
    "masking": {"mlm": 1, "last": 0, "next_response": 0},
}
LARGE = 100_000  # vacancies whose weights a CPU would draw for seconds


class Alone:
    """An accelerator of one process on any device, of which a process may have several."""

    num_processes, process_index, is_main_process = 1, 0, True

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def reduce(self, tensor: torch.Tensor) -> torch.Tensor:
        """Nobody else has a part."""
        return tensor

    def backward(self, loss: torch.Tensor) -> None:
        """Take the gradients."""
        loss.backward()


@cache
def log(world: World, near: bool) -> tuple[Histories, ItemInputs]:  # noqa: FBT001
    """A world's log, made once a process."""
    met, known = _whole(world)
    return met, known if near else replace(known, neighbours=nobody(len(known)))


@cache
def _whole(world: World) -> tuple[Histories, ItemInputs]:
    generator = np.random.default_rng([world.users, world.items])
    met = gpu_worlds.histories(world, generator)
    return met, gpu_worlds.catalogue(world, met, near=True, generator=generator)


@dataclass
class Trial:
    """A model and its data on a device."""

    params: Params
    task: TrainingData
    model: HhrecModel
    optimizers: Any
    accelerator: Alone
    full: bool


def trial(world: World, device: torch.device, **train: Any) -> Trial:
    """Make the model of a world, on a device."""
    train.setdefault("epochs", EPOCHS)
    mlm = train.get("objective") == "mlm"
    met, known = log(world, near=not mlm)
    shown = int(np.minimum(met.lengths(), world.longest).sum())
    params = gpu_worlds.params(world, shown, **train)
    torch.manual_seed(1)
    with torch.device(device if world.items > LARGE else "cpu"):  # equal weights take equal draws
        model = HhrecModel(gpu_worlds.config(params, world)).to(device).train()
    settings = params.train
    return Trial(
        params,
        gpu_worlds.task(met, known, params, world.items, device),
        model,
        parameter_groups.optimizers(model, settings.lr, settings.weight_decay, settings.id_lr),
        Alone(device),
        takes_all(settings, world.items),
    )


@dataclass
class Timed:
    """What the steps after the first ones took; `warming` and `every` tell of all, in seconds."""

    warming: float = 0.0
    every: list[float] = field(default_factory=list)
    steps: int = 0
    tokens: int = 0
    positions: int = 0
    seconds: float = 0.0
    waited: float = 0.0
    losses: list[float] = field(default_factory=list)

    def speed(self) -> float:
        """Events a second."""
        return self.tokens / max(self.seconds, 1e-9)

    def medians(self, each: int = 10) -> list[float]:
        """Median seconds of steps 1 to 10, 11 to 20, and so on."""
        starts = range(0, len(self.every), each)
        return [statistics.median(self.every[start : start + each]) for start in starts]


def run(
    bench: Bench,
    made: Trial,
    *,
    steps: int,
    seconds: float,
    precision: str = "no",
    warm: int = WARM,
    after: Callable[[int], None] = lambda _: None,
) -> Timed:
    """Train for some steps or seconds after the first `warm`; `after` is told how many are done.

    Where `LEAST` of these take `WARMING` seconds, the clock starts then.
    """
    timed, began, last = Timed(), [time.perf_counter()], [warm]

    def after_step(figures: loop.Figures) -> bool:
        timed.losses.append(figures.loss)
        done = figures.step
        after(done)
        timed.every.append(figures.seconds)
        if LEAST <= done < last[0] and time.perf_counter() - began[0] > WARMING:
            last[0] = done
        if done == last[0]:
            bench.wait()
            timed.warming = time.perf_counter() - began[0]
            began[0] = time.perf_counter()
        if done <= last[0]:
            return done < last[0] + steps
        timed.steps += 1
        timed.tokens += figures.tokens
        timed.positions += figures.positions
        timed.waited += figures.waited
        return timed.steps < steps and time.perf_counter() - began[0] < seconds

    loop.run(
        made.task,
        made.model,
        made.optimizers,
        made.accelerator,  # type: ignore[arg-type]
        full=made.full,
        first_step=0,
        after_step=after_step,
        precision=precision,
    )
    bench.wait()
    timed.seconds = time.perf_counter() - began[0]
    return timed
