"""Training at MovieLens-1M's shape and at the contest's: speed, what limits it, memory."""

import time
from typing import Any

import numpy as np
import torch

from stages.train.batch_maker import make_batch
from stages.train.dataset_stats import DatasetStats
from stages.train.plan import planned
from tests.benchmarks import flops, gpu_machine, gpu_profile, gpu_trial, gpu_worlds
from tests.benchmarks.gpu_child import Bench
from tests.benchmarks.gpu_trial import MASKED, Trial
from tests.benchmarks.gpu_worlds import World

GB = 1e9
RUNS = {  # by name: settings, precision
    "prefix bf16": ({"objective": "prefix"}, "bf16"),
    "mlm bf16": (MASKED, "bf16"),
    "prefix fp32": ({"objective": "prefix"}, "no"),
    "mlm fp32": (MASKED, "no"),
    "prefix tf32": ({"objective": "prefix"}, "tf32"),
    "prefix bf16, 65,536 positions": ({"objective": "prefix", "batch_tokens": 65_536}, "bf16"),
    "mlm bf16, 65,536 positions": ({**MASKED, "batch_tokens": 65_536}, "bf16"),
}
EPOCH = 42_500_000 / 3  # events that an epoch of the contest shows


def movielens(bench: Bench) -> None:
    """Train at MovieLens-1M's shape."""
    world = gpu_worlds.ML1M.scaled(0.02) if bench.tiny else gpu_worlds.ML1M
    each(bench, world, seconds=5)


def contest(bench: Bench) -> None:
    """Train at the contest's shape."""
    world = gpu_worlds.CONTEST.scaled(0.0005) if bench.tiny else gpu_worlds.CONTEST
    each(bench, world, seconds=6, epoch=EPOCH)


def each(bench: Bench, world: World, *, seconds: float, epoch: float = 0.0) -> None:
    """Time all runs of a world."""
    started = time.time()
    gpu_trial.log(world, near=True)
    bench.row("log made up", time.time() - started, "s", f"{world}")
    for name, (settings, precision) in RUNS.items():
        bench.attempt(
            name,
            lambda n=name, s=settings, p=precision: one(
                bench, world, n, s, p, seconds=seconds, epoch=epoch
            ),
        )


def one(
    bench: Bench,
    world: World,
    name: str,
    settings: dict[str, Any],
    precision: str,
    *,
    seconds: float,
    epoch: float,
) -> None:
    """Time one run and say what limits it."""
    if bench.tiny:
        settings = {**settings, "batch_tokens": 1_024}
    cuda = bench.device.type == "cuda"
    held = 0
    if cuda:
        torch.cuda.reset_peak_memory_stats()
        held = torch.cuda.memory_allocated()
    made = gpu_trial.trial(world, bench.device, **settings)
    steps = 3 if bench.tiny else 400
    warm = 2 if bench.tiny else gpu_trial.WARM
    found = gpu_trial.run(bench, made, steps=steps, seconds=seconds, precision=precision, warm=warm)
    note = f"batch_tokens {made.params.train.batch_tokens}, {found.steps} steps"
    if epoch:
        note += f"; an epoch of the contest in {epoch / found.speed():.0f} s"
    bench.row(f"{name}, events", found.speed(), "/s", note)
    a_step = found.seconds / max(found.steps, 1)
    waited = found.waited / max(found.seconds, 1e-9)
    bench.row(f"{name}, a step", 1e3 * a_step, "ms", f"waiting for batches {waited:.1%}")
    if cuda:
        peak = torch.cuda.max_memory_allocated() - held
        bench.row(f"{name}, peak memory", peak / GB, "GB", "allocated on the device")
    if ", 65" in name:
        return
    bench.row(f"{name}, arithmetic", *share(bench, made, world, precision, found.speed()))
    if name.endswith("bf16"):
        label = f"{name.split(maxsplit=1)[0]}-{bench.part}"
        spent = gpu_profile.profiled(bench, made, label, precision, steps=2 if bench.tiny else 20)
        if cuda:
            note = "seconds of kernels over seconds of a step without the profiler"
            bench.row(f"{name}, device busy", spent / a_step, "", note)
        building(bench, made, name)
        plan = planned(made.params, stats(world, made), device=bench.device)
        bench.row(f"{name}, plan", plan.peak / GB, "GB", f"{plan.memory}")


def share(
    bench: Bench, made: Trial, world: World, precision: str, speed: float
) -> tuple[float, str, str]:
    """TFLOP/s of the products that training cannot do without, and their share of the card's rate."""
    lengths = np.minimum(made.task.lengths(), world.longest)
    tokens, pairs = int(lengths.sum()), int((lengths.astype(np.int64) ** 2).sum())
    rows = made.task.plan(0)[0]
    asked = int((make_batch(made.task, rows, 1).weight > 0).sum())
    part = asked / max(int(made.task.lengths_of(rows).sum()), 1)
    items = world.items if made.full else made.params.train.drawn()
    needed = flops.train_flops(tokens, pairs, int(part * tokens), hidden=128, layers=2, items=items)
    kind = "fp32" if precision == "no" else precision
    sizes = (256,) * 3 if bench.tiny else (8_192,) * 3
    rate = gpu_machine.rate(bench, sizes, *gpu_machine.KINDS[kind])
    reached = needed / tokens * speed
    return reached / 1e12, "TFLOP/s", f"{reached / rate:.1%} of {rate / 1e12:.0f}"


def building(bench: Bench, made: Trial, name: str) -> None:
    """Say how fast the host alone makes batches."""
    events, plan = 0, made.task.plan(0)[: 2 if bench.tiny else 20]
    started, cpu = time.perf_counter(), time.process_time()
    for number, rows in enumerate(plan):
        make_batch(made.task, rows, number)
        events += int(made.task.lengths_of(rows).sum())
    cpu, wall = time.process_time() - cpu, time.perf_counter() - started
    bench.row(f"{name}, batches alone", events / cpu, "events/CPU s", f"{events / wall:,.0f}/s")


def stats(world: World, made: Trial) -> DatasetStats:
    """What `hhrec train --plan` would read of the world."""
    config = made.model.config
    return DatasetStats(
        lengths=made.task.histories.lengths(),
        asked=np.zeros(0, dtype=np.int64),
        trained=world.items,
        vacancies=world.items,
        words=world.words,
        periods=made.task.catalogue.demand.periods(),
        code_sizes=tuple(config.code_sizes),
        word_count=config.word_count,
        has_salary=config.has_salary,
        text_width=0,
    )
