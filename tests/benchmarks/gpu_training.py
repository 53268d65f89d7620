"""Training at MovieLens-1M's shape and at the contest's: speed, what limits it, memory."""

import gc
import sys
import time
from itertools import islice
from typing import Any

import numpy as np
import torch

from stages.train import loop
from stages.train.batch_maker import make_batch
from stages.train.dataloader import work
from stages.train.dataset_stats import DatasetStats
from stages.train.gpu_memory import LINE
from stages.train.memory_model import PAIR
from stages.train.plan import planned
from tests.benchmarks import flops, gpu_machine, gpu_profile, gpu_trial, gpu_worlds
from tests.benchmarks.gpu_child import Bench
from tests.benchmarks.gpu_trial import MASKED, Trial
from tests.benchmarks.gpu_worlds import World

GB = 1e9
LARGER = (65_536, 262_144)  # positions of a step
PREFIX: dict[str, Any] = {"objective": "prefix"}
LARGE = {
    f"{name} bf16, {size:,} positions": ({**settings, "batch_tokens": size}, "bf16")
    for size in LARGER
    for name, settings in (("prefix", PREFIX), ("mlm", MASKED))
}
RUNS = {  # by name: settings, precision
    "prefix bf16": (PREFIX, "bf16"),
    "mlm bf16": (MASKED, "bf16"),
    **LARGE,
}
OTHERS = {
    "prefix fp32": (PREFIX, "no"),
    "mlm fp32": (MASKED, "no"),
    "prefix tf32": (PREFIX, "tf32"),
}
PROFILED = "prefix bf16", "prefix bf16, 65,536 positions"
TURN = 2e-4  # seconds that a thread of Python keeps the others waiting, at most
EPOCH = 42_500_000 / 3  # events that an epoch of the contest shows


def movielens(bench: Bench) -> None:
    """Train at MovieLens-1M's shape."""
    world = gpu_worlds.ML1M.scaled(0.02) if bench.tiny else gpu_worlds.ML1M
    each(bench, world, RUNS | OTHERS, seconds=3)


def contest(bench: Bench) -> None:
    """Train at the contest's shape."""
    world = gpu_worlds.CONTEST.scaled(0.0005) if bench.tiny else gpu_worlds.CONTEST
    each(bench, world, RUNS, seconds=4, epoch=EPOCH)


def each(
    bench: Bench,
    world: World,
    runs: dict[str, tuple[dict[str, Any], str]],
    *,
    seconds: float,
    epoch: float = 0.0,
) -> None:
    """Time all runs of a world."""
    started = time.time()
    gpu_trial.log(world, near=True)
    bench.row("log made up", time.time() - started, "s", f"{world}")
    for name, (settings, precision) in runs.items():
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
    held, started = _cleared(bench), time.time()
    made = gpu_trial.trial(world, bench.device, **settings)
    bench.row(f"{name}, set up", time.time() - started, "s")
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
    tens = ", ".join(f"{1e3 * one:.0f}" for one in found.medians()[:12])
    bench.row(f"{name}, warm up", found.warming, "s", f"medians of each ten steps, ms: {tens}")
    if cuda:
        memory(bench, made, world, name, precision, held)
    if str(max(LARGER)) not in name.replace(",", ""):
        bench.row(f"{name}, arithmetic", *share(bench, made, world, precision, found.speed()))
    if name in PROFILED:
        label = f"{made.params.train.batch_tokens}-{bench.part}"
        spent = gpu_profile.profiled(bench, made, label, precision, steps=2 if bench.tiny else 10)
        if cuda:
            note = "seconds of kernels over seconds of a step without the profiler"
            bench.row(f"{name}, device busy", spent / a_step, "", note)
    if name.endswith("bf16"):
        building(bench, made, name)
        alone(bench, made, name, precision)


def alone(bench: Bench, made: Trial, name: str, precision: str) -> None:
    """Say what a step takes where no thread makes batches, and where threads take shorter turns."""
    count = 2 if bench.tiny else 20
    parts = list(islice(work(made.task, 0, count, made.accelerator, full=made.full), count))  # type: ignore[arg-type]
    bench.wait()
    started = time.perf_counter()
    for part in parts:
        loop.take_step(
            made.task,
            made.model,
            made.optimizers,
            made.accelerator,  # type: ignore[arg-type]
            part,
            1e-4,
            full=made.full,
            precision=precision,
        )
    host = time.perf_counter() - started
    bench.wait()
    spent = time.perf_counter() - started
    note = f"of which the host is busy {1e3 * host / count:.3g} ms"
    bench.row(f"{name}, a step with batches ready", 1e3 * spent / count, "ms", note)
    turns = sys.getswitchinterval()
    sys.setswitchinterval(TURN)
    try:
        found = gpu_trial.run(bench, made, steps=count, seconds=3, precision=precision, warm=2)
    finally:
        sys.setswitchinterval(turns)
    a_step = 1e3 * found.seconds / max(found.steps, 1)
    bench.row(f"{name}, a step with turns of {1e3 * TURN:g} ms", a_step, "ms", "else 5 ms")


def _cleared(bench: Bench) -> int:
    """Forget what earlier runs left; bytes that stay."""
    if bench.device.type != "cuda":
        return 0
    gc.collect()
    torch._C._cuda_clearCublasWorkspaces()  # they count as a run's
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    return torch.cuda.memory_allocated()


def memory(bench: Bench, made: Trial, world: World, name: str, precision: str, held: int) -> None:
    """Say what the run held beside what is planned for it."""
    peak = torch.cuda.max_memory_allocated() - held
    reserved = torch.cuda.max_memory_reserved() - held
    settings = made.params.train.model_copy(update={"precision": precision})
    params = made.params.model_copy(update={"train": settings})
    plan = planned(params, stats(world, made), device=bench.device)
    known = made.task.catalogue.neighbours
    table = PAIR * known.whole.table.nnz + LINE * known.whole.table.shape[0]
    real = table if settings.near_ones() else 0  # this world's five tables are one
    expected = plan.peak - plan.memory["neighbours"] + real
    note = f"reserved {reserved / GB:.3g} GB, planned {expected / GB:.3g} GB: {plan.memory}"
    bench.row(f"{name}, peak memory", peak / GB, "GB", note)
    bench.row(f"{name}, plan over peak", expected / max(peak, 1), "", "aim .75 to 1.25")


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
    events, plan = 0, made.task.plan(0)[: 2 if bench.tiny else 5]
    started, cpu = time.perf_counter(), time.process_time()
    for number, rows in enumerate(plan):
        make_batch(made.task, rows, number)
        events += int(made.task.lengths_of(rows).sum())
    cpu, wall = time.process_time() - cpu, time.perf_counter() - started
    bench.row(
        f"{name}, batches made by the host", events / cpu, "events/CPU s", f"{events / wall:,.0f}/s"
    )


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
