"""Counts by polars against counts by hand, and against what the stages say themselves."""

from collections import Counter, defaultdict
from pathlib import Path

import polars as pl
import pytest

from stages import explode
from stages import filter as filter_stage
from stages.params import Params
from stages.report import table_counts
from stages.report.table_counts import TableCounts

LIMIT = 3


def by_hand(events: Path) -> tuple[dict[str, TableCounts], dict[str, Counter[int]]]:
    """Count events one by one."""
    rows = [row for row in pl.read_parquet(events / "*.parquet").to_dicts() if row["vacancy_id"]]
    sizes = Counter(row["user_id"] for row in rows if row["part"] == "train")
    chosen = {"whole": rows}
    for part in ("train", "validation", "test"):
        chosen[part] = [row for row in rows if row["part"] == part]
    chosen["people"] = [row for row in chosen["train"] if sizes[row["user_id"]] <= LIMIT]
    chosen["usable"] = [row for row in chosen["people"] if row["action_type"] != 0]
    tallies = {
        name: TableCounts(
            len({(row["user_id"], row["session"]) for row in some}),
            len(some),
            len({row["user_id"] for row in some}),
        )
        for name, some in chosen.items()
    }
    times = defaultdict(list)
    for row in rows:
        times[row["user_id"], row["session"]].append(row["action_dt"])
    gaps = [
        max(
            0,
            int((min(times[user, session]) - max(times[user, session - 1])).total_seconds() // 60),
        )
        for user, session in times
        if (user, session - 1) in times
    ]
    spread = {
        "per_user": Counter(Counter(row["user_id"] for row in rows).values()),
        "per_session": Counter(map(len, times.values())),
        "gaps": Counter(gaps),
        "per_vacancy": Counter(Counter(row["vacancy_id"] for row in rows).values()),
    }
    return tallies, spread


@pytest.mark.parametrize("buckets", [1, 3])
def test_counts_are_those_by_hand_whatever_the_buckets(
    raw_dir: Path, tmp_path: Path, buckets: int
) -> None:
    settings = Params.model_validate({"explode": {"buckets": buckets}})
    explode.run(
        settings,
        train=raw_dir / "train.parquet",
        test=raw_dir / "test.parquet",
        out=tmp_path / "events",
    )
    log = table_counts.log(tmp_path / "events", LIMIT)
    tallies, spread = by_hand(tmp_path / "events")
    assert log.by | {"whole": log.whole} == tallies
    assert log.by["people"].users < log.by["train"].users
    assert log.by["usable"].events < log.by["people"].events
    for name in ("per_user", "per_session", "gaps"):
        assert getattr(log, name) == spread[name]
    assert table_counts.per_vacancy(tmp_path / "events") == spread["per_vacancy"]
    assert sum(log.weekdays.values()) == log.whole.events


def test_the_losses_are_those_that_the_stages_report(
    world: Path, params: Params, tmp_path: Path
) -> None:
    raw, log = world / "raw", table_counts.log(world / "events", LIMIT)
    exploded = explode.run(
        params, train=raw / "train.parquet", test=raw / "test.parquet", out=tmp_path / "events"
    )
    said = filter_stage.run(params, events=world / "events", out=tmp_path / "filtered")
    kept = table_counts.filtered(world / "filtered")
    assert log.whole.users == exploded.users
    assert {part: log.by[part].events for part in exploded.events} == exploded.events
    assert log.by["train"].minus(log.by["people"]).events == said.dropped["bots"] > 0
    assert log.by["train"].minus(log.by["people"]).users == said.bots
    assert log.by["people"].minus(log.by["usable"]).events == said.dropped["unknown_actions"] > 0
    rare = said.dropped["min_item_events"] + said.dropped["min_user_events"]
    assert log.by["usable"].minus(kept).events == rare > 0
    assert (kept.events, kept.users) == (said.events, said.users)


def test_malformed_rows_are_counted_by_reason(tmp_path: Path, raw_dir: Path) -> None:
    rows = pl.read_parquet(raw_dir / "train.parquet")
    short = rows.head(2).with_columns(pl.col("action_type").list.head(0))
    empty = rows[5:6].with_columns(
        pl.col(name).list.head(0) for name in ("vacancy_id", "action_type", "action_dt")
    )
    pl.concat([rows, short, empty]).write_parquet(tmp_path / "train.parquet")
    found = table_counts.raw_files(tmp_path / "train.parquet", raw_dir / "test.parquet")
    assert found.faults == {"unequal_lists": (2, 4), "empty_list": (1, 0)}
    assert found.whole.sessions == rows.height + 3 + 6
