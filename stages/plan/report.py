"""The plan as it is shown: one line a stage, and what all of them need."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict

from stages.interface import durations
from stages.interface.stage_report import Report

GB = 10**9


class StagePlan(BaseModel):
    """What one stage is expected to take.

    `rows` are what it works through (`unit` says of what); `disk` is what it leaves, `scratch` what it
    holds besides until it ends; `basis` says where its time comes from: `rehearsed` on a sample of this
    log here and now, or `stated`, a documented rate times this machine's matrix products.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: str
    rows: int
    unit: str
    seconds: float | None
    disk: int
    scratch: int
    memory: int
    basis: str


class PlanReport(Report):
    """Estimates of every stage for given raw files; all of them are estimates."""

    raw: dict[str, int]
    sampled: dict[str, float]
    machine: dict[str, float]
    stages: list[StagePlan]
    seconds: float | None
    disk: int
    disk_peak: int
    disk_free: int
    memory: int
    memory_available: int
    fits: bool
    cluster: dict[str, int] | None

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield the cells of the table, a line a stage."""
        for one in self.stages:
            yield (
                one.stage,
                f"{one.rows:,} {one.unit}",
                duration(one.seconds),
                size(one.disk),
                size(one.scratch) if one.scratch else "",
                size(one.memory),
                one.basis,
            )
        most = ("most at once", "", "", "", size(self.disk_peak), size(self.memory), "")
        yield ("all", "", duration(self.seconds), size(self.disk), "", "", "")
        yield most

    def figures(self) -> Iterator[tuple[str, Any]]:
        """Yield what the table does not say."""
        yield from ((f"raw {name}", value) for name, value in self.raw.items())
        yield "sample", f"1 of {self.sampled['people']:.0f} people, {self.sampled['seconds']:.1f} s"
        yield (
            "matrix products",
            f"{self.machine['gflops']:,.0f} GFLOP/s on {self.machine['threads']:.0f} thread(s)",
        )
        yield "disk free", size(self.disk_free)
        yield "memory available", size(self.memory_available)
        for name, value in (self.cluster or {}).items():
            in_bytes = name in {"task_memory", "shuffle"}
            yield f"cluster {name}", size(value) if in_bytes else value

    def remarks(self) -> list[str]:
        """Say what does not fit, and that all of it is estimated."""
        told = ["all times, sizes and memory are estimates: docs/plan.md says from what"]
        if self.disk_peak > self.disk_free:
            told.append(
                f"expected {size(self.disk_peak)} on disk, found {size(self.disk_free)} free: "
                "name another place with --artifacts DIR"
            )
        if self.memory > self.memory_available:
            worst = max(self.stages, key=lambda one: one.memory)
            told.append(
                f"{worst.stage} needs about {size(worst.memory)}, found "
                f"{size(self.memory_available)} available: lower explode.memory_gb, "
                "train.batch_tokens or predict.batch_rows"
            )
        return told


def duration(seconds: float | None) -> str:
    """Give a time in words, tenths of a second too; ? where it is not known."""
    if seconds is None:
        return "?"
    return durations.duration(seconds) if seconds >= 1 else f"{seconds:.1f} s"


def size(count: float) -> str:
    """Give bytes in words."""
    return f"{count / GB:,.2f} GB" if count >= GB / 10 else f"{count / 10**6:,.1f} MB"
