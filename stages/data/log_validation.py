"""Validate a log as a whole: accepted, rejected, or nothing left."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from stages.core.actions import KNOWN_ACTIONS
from stages.data.formats import readable
from stages.data.row_validation import ACTIONS, EventLog, judged
from stages.data.timestamps import notation
from stages.interface.errors import HhrecError

SHOWN = 10  # unknown action names listed in the report


@dataclass(frozen=True)
class Verdict:
    """What reading the log came to, before any user is looked at."""

    rows: int
    rejected: dict[str, int]
    unknown_actions: dict[str, int]
    unreadable_time: str | None
    time_format: str


def judge(log: EventLog, source: pl.LazyFrame, target: Path) -> str:
    """Write every row with its reason to `target`; give the notation of its times."""
    with readable(log.file.path):
        written = notation(source, log.time) if log.time_format == "auto" else log.time_format
        judged(log, source, written).sink_parquet(target, statistics=False)
    return written


def read_verdict(judgements: pl.LazyFrame, log: EventLog, written: str) -> Verdict:
    """Count accepted and rejected rows.

    Raises:
        HhrecError: No row is accepted; the message shows a time or the action names found.
    """
    counts = judgements.group_by("reason").len().sort("reason").collect(engine="streaming")
    rejected = {reason: count for reason, count in counts.iter_rows() if reason is not None}
    said = judgements.group_by("reason", "said").len().filter(pl.col("said").is_not_null())
    table = said.sort(["len", "said"], descending=[True, False]).collect(engine="streaming")
    unknown = table.filter(pl.col("reason") == "unknown_action").select("said", "len")
    unreadable = table.filter(pl.col("reason") == "unreadable_time")["said"]
    verdict = Verdict(
        rows=int(counts["len"].sum()),
        rejected=rejected,
        unknown_actions=dict(unknown.head(SHOWN).iter_rows()),
        unreadable_time=unreadable[0] if len(unreadable) else None,
        time_format=written,
    )
    _refuse_nothing(verdict, log)
    _refuse_a_scale(verdict, log)
    return verdict


def _refuse_a_scale(verdict: Verdict, log: EventLog) -> None:
    """Refuse ratings taken for actions: 1, 2 and 3 would be understood, 4 and 5 not."""
    if log.action is None or log.actions is not ACTIONS:
        return
    numbers = [name for name in verdict.unknown_actions if _is_above_actions(name)]
    if numbers and verdict.rows > sum(verdict.rejected.values()):
        raise HhrecError(
            f"{log.file.path}: `{log.action}` holds {', '.join(numbers)} beside the codes of actions "
            "1, 2, 3: a scale of ratings, it seems",
            "say which values mean what, for example --response 4 --response 5 --view 3; "
            "or leave --action out, and every row is a response",
        )


def _is_above_actions(name: str) -> bool:
    """Whether a name is a number that no code of an action is: 4, 2.5, but not 0."""
    try:
        return float(name) not in {0.0, *map(float, KNOWN_ACTIONS)}
    except ValueError:
        return False


def _refuse_nothing(verdict: Verdict, log: EventLog) -> None:
    if verdict.rows > sum(verdict.rejected.values()):
        return
    reasons = ", ".join(f"{name} {count:,}" for name, count in verdict.rejected.items())
    time = f"; times read as {verdict.time_format}, for example `{verdict.unreadable_time}`"
    actions = f"; action names found: {', '.join(verdict.unknown_actions)}"
    raise HhrecError(
        f"{log.file.path}: none of {verdict.rows:,} rows is an event"
        + (f" ({reasons})" if reasons else "")
        + (time if verdict.unreadable_time else "")
        + (actions if verdict.unknown_actions else ""),
        "see --time-format, --response, --view and --favourite in `hhrec data import --help`",
    )
