"""Plan: work out time, disk and memory of every stage for given raw files; run none of them.

The data stages are rehearsed on a sample of people in a temporary directory, which is removed; what
comes after them follows from the sizes of their tables, the model's weights and the rate of this
machine's matrix products. docs/plan.md says how good that is.
"""

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from stages.core import table_files
from stages.core.artifact_paths import LABELS_FILE, TEST_FILE, TRAIN_FILE
from stages.core.buckets import BYTES_PER_EVENT
from stages.core.engines.engine import Memory
from stages.explode.stage import bucket_number
from stages.features.stage import SLICE_ITEMS
from stages.interface.machine import nearest
from stages.interface.quiet_libraries import quieten
from stages.interface.stage_report import Progress, silent
from stages.params import Params
from stages.plan import memory, raw_counts, rehearsal, speed, whole_log
from stages.plan.cluster import ClusterPlan, cluster
from stages.plan.later_stages import Later
from stages.plan.raw_counts import RawCounts
from stages.plan.rehearsal import Rehearsal
from stages.plan.report import PlanReport, StagePlan
from stages.plan.sizes import model_size
from stages.train import memory_model, plan
from stages.train.auto_hyperparameters import sized

STEPS = 4
EXECUTOR_GB = 4.0  # where `engine.kind` is spark and nobody says how large executors are
ORDER = ("explode", "filter", "vocab", "features", "sequences")


def run(
    params: Params,
    *,
    raw: Path,
    artifacts: Path,
    executor_gb: float | None = None,
    executor_cores: int = 2,
    executors: int | None = None,
    progress: Progress = silent,
) -> PlanReport:
    """Estimate every stage; nothing is written but a temporary directory, which is removed.

    Args:
        params: All parameters.
        raw: Directory of the raw files.
        artifacts: Where artifacts would stand: how much room is there.
        executor_gb: Memory of an executor of a cluster, in GiB; None plans a cluster only for
            `engine.kind: spark`.
        executor_cores: Tasks that it runs at once.
        executors: How many there are; None for as few as do.
        progress: Told how far the plan has come.

    Raises:
        MissingInputError: A raw file is not there.
        HhrecError: A raw file cannot be used, or leaves nothing to train on.
    """
    quieten()
    start = time.perf_counter()
    counts = raw_counts.read(raw)
    progress(1, STEPS, "counted")
    with tempfile.TemporaryDirectory(prefix="hhrec-plan-") as scratch:
        found = rehearsal.rehearse(params, raw, counts, Path(scratch))
        progress(2, STEPS, "rehearsed")
        known = _later(params, raw, counts, found)
        progress(3, STEPS, "counted vacancies")
        stages = [*data_stages(params, counts, found), *known.all()]
    progress(4, STEPS, "planned")
    asked = None
    if executor_gb is None and params.engine.kind == "spark":
        executor_gb = EXECUTOR_GB
    if executor_gb is not None:
        size = sum((raw / name).stat().st_size for name in (TRAIN_FILE, TEST_FILE))
        asked = cluster(
            events=counts.every, raw_bytes=size, executor_gb=executor_gb, cores=executor_cores,
            executors=executors,
        )  # fmt: skip
    sampled = {"people": float(found.every), "seconds": time.perf_counter() - start}
    return _summed(counts, sampled, known.speed, stages, artifacts, asked)


def _later(params: Params, raw: Path, counts: RawCounts, found: Rehearsal) -> Later:
    """Know what the stages behind the data stages will meet."""
    tables = whole_log.stats(params, raw, counts, found)
    chosen = sized(params, tables.shown(params.sequences.max_length), 1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    training = plan.planned(chosen, tables, device=device)
    labels = raw / LABELS_FILE
    known = table_files.row_count(labels) if labels.is_file() else 0
    return Later(
        params=chosen,
        tables=tables,
        training=training,
        rows=whole_log.rows(found),
        events=float(tables.lengths.sum()),
        model=model_size(training.parameters, tables, whole_log.bytes_of(found)["vocab"]),
        speed=speed.measured(),
        id_bytes=whole_log.id_bytes(found, min(params.predict.k, tables.vacancies)),
        key_bytes=whole_log.key_bytes(found),
        labelled=int(known),
    )


def data_stages(params: Params, counts: RawCounts, found: Rehearsal) -> list[StagePlan]:
    """Every stage before training, in order."""
    parts = bucket_number(params, counts.every)
    disk, seconds = whole_log.bytes_of(found), whole_log.seconds_of(found)
    vacancies = found.stages["vocab"].report.model_dump()["vacancies"]
    workers = 1 if params.engine.kind == "spark" else params.engine.workers
    room = Memory(params.explode.memory_gb * 2**30, workers)
    at_once = room.at_once(counts.every * BYTES_PER_EVENT // parts, parts)
    needed = memory.data(counts.every, parts, at_once, vacancies, SLICE_ITEMS)
    units = {"vocab": (vacancies, "vacancies"), "features": (vacancies, "vacancies")}
    scratch = {"explode": found.work * found.events + (counts.bytes if parts > 1 else 0)}
    return [
        StagePlan(
            stage=name,
            rows=units.get(name, (counts.every, "events"))[0],
            unit=units.get(name, (counts.every, "events"))[1],
            seconds=seconds[name],
            disk=round(disk[name]),
            scratch=round(scratch.get(name, 0)),
            memory=round(needed[name]),
            basis="rehearsed",
        )
        for name in ORDER
    ]


def _summed(
    counts: RawCounts,
    sampled: dict[str, float],
    fast: speed.Speed,
    stages: Sequence[StagePlan],
    artifacts: Path,
    asked: ClusterPlan | None,
) -> PlanReport:
    """Add the stages up, and compare with what this machine has."""
    times = [one.seconds for one in stages]
    left, peak = 0, 0
    for one in stages:
        peak = max(peak, left + one.disk + one.scratch)
        left += one.disk
    free = shutil.disk_usage(nearest(artifacts)).free
    room = memory_model.room(torch.device("cpu"))
    most = max(one.memory for one in stages)
    return PlanReport(
        raw=asdict(counts),
        sampled=sampled,
        machine={"gflops": fast.flops / 1e9, "threads": float(fast.threads)},
        stages=list(stages),
        seconds=None if None in times else sum(one for one in times if one is not None),
        disk=left,
        disk_peak=peak,
        disk_free=free,
        memory=most,
        memory_available=room,
        fits=peak <= free and most <= room,
        cluster=asdict(asked) if asked else None,
    )
