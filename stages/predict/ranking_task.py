"""The ranking of all rows of a part: by one process or shared out, in shards that outlive a kill."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.ranking.ranker import Ranker
from stages.calibration import rerank
from stages.calibration.heuristics import Heuristics
from stages.calibration.recommender_choice import ChosenLists
from stages.interface.errors import HhrecError, UsageError
from stages.interface.processes import Processes
from stages.interface.stage_report import Progress
from stages.params import Params
from stages.predict import shards
from stages.predict.answering import answer
from stages.predict.list_rules import ListRules
from stages.predict.loaded_model import LoadedModel
from stages.predict.restrictions import Restrictions
from stages.predict.shards import Shards


def require_shareable(wanted: ListRules, processes: Processes) -> None:
    """Refuse a rule that weighs all rows against each other in several processes.

    Raises:
        UsageError: There is such a rule.
    """
    if wanted.capacity is not None and processes.count > 1:
        raise UsageError(
            f"--capacity weighs all rows against each other: expected one process, found "
            f"{processes.count}",
            "type it without a launcher: hhrec predict --capacity N",
        )


@dataclass(frozen=True)
class RankingTask:
    """What ranks which rows, under which rules.

    Attributes:
        params: `predict`, `sequences.max_length`, `baseline` and the seed.
        loaded: The model.
        ranker: Its ranker, made with the same limits.
        limits: All rows, R, and which vacancies are eligible.
        wanted: Rules on whole lists.
        known: The fields of `wanted.max_per`, by item.
        held_out: The rows are the validation rows.
    """

    params: Params
    loaded: LoadedModel
    ranker: Ranker
    limits: Restrictions
    wanted: ListRules
    known: pl.DataFrame | None
    held_out: bool

    @cached_property
    def learned(self) -> Heuristics | None:
        """The recommenders that the calibration asks."""
        return self.loaded.learned(self.params)

    def cut(self) -> list[Ints]:
        """Cut the rows into shards: those that validation rows stand for, then the others."""
        count = len(self.limits.rows)
        if self.wanted.capacity is not None:
            return [np.arange(count)]
        found, learned = self.loaded.calibration, self.learned
        if found is None or learned is None:
            return shards.cut(np.zeros(count, dtype=np.int64), shards.ROWS)
        close = rerank.within(self.limits.rows, found, learned)
        return shards.cut((~close).astype(np.int64), shards.ROWS)

    def answer(self, rows: Ints, progress: Progress) -> tuple[ChosenLists, dict[str, float]]:
        """Rank some rows: the lists, and the figures of the rules."""
        limits = replace(self.limits, rows=self.limits.rows[rows])
        return answer(
            self.params,
            self.loaded,
            self.ranker,
            limits,
            self.wanted,
            self.known,
            learned=self.learned,
            held_out=self.held_out,
            progress=progress,
        )


def shared_out(
    task: RankingTask, kept: Shards, processes: Processes, progress: Progress
) -> tuple[ChosenLists, dict[str, float]] | None:
    """Rank all rows, and give the lists to the first process; None to the others.

    Raises:
        HhrecError: Shards of another process cannot be seen from here, or it has ended.
    """
    plan = task.cut()
    if len(plan) == 1:
        return task.answer(plan[0], progress) if processes.main else None
    if processes.main:
        kept.sweep()
    processes.wait()
    left = [number for number, rows in enumerate(plan) if kept.read(number, rows) is None]
    processes.wait()  # all have seen the same shards before anyone adds one
    mine = left[processes.index :: processes.count]
    note = f"process 1 of {processes.count}" if processes.count > 1 else ""
    done, total = 0, sum(len(plan[number]) for number in mine)
    for number in mine:
        found, _ = task.answer(plan[number], _behind(progress, done, total, note))
        kept.write(number, plan[number], found)
        done += len(plan[number])
    processes.wait()
    return (gathered(plan, kept), task.wanted.constants()) if processes.main else None


def gathered(plan: Sequence[Ints], kept: Shards) -> ChosenLists:
    """Put all shards together.

    Raises:
        HhrecError: One is not there.
    """
    parts = []
    for number, rows in enumerate(plan):
        found = kept.read(number, rows)
        if found is None:
            raise HhrecError(
                f"{kept.path(number)}: not found, though another process has ranked it",
                "let all machines share the disk that --out is on",
            )
        parts.append((rows, found))
    return shards.joined(parts)


def _behind(progress: Progress, before: int, whole: int, word: str) -> Progress:
    """Progress of one shard, behind those that are finished."""

    def hook(done: int, total: int, note: str = "", **figures: float) -> None:
        del total
        progress(before + done, whole, word or note, **figures | {"rows": before + done})

    return hook
