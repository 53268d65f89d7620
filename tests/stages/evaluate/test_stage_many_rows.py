"""Ten million rows are scored in memory that does not hold their lists."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from stages.core.artifact_paths import TRAIN
from stages.core.schema import HISTORY, LABELS, PREDICTIONS, TEST_SEQUENCES, TIME, VOCAB

ROOT = Path(__file__).parents[3]
ROWS, PIECE = 10_000_000, 1_000_000
VACANCIES, LONG = 100_000, 20  # of the catalogue; of a list
STEP = 4_999  # between the vacancies of a list: prime to VACANCIES, so that all differ
TRUE = 7  # place of the true vacancy of every row, from 0
MOST = 10.0  # GB; the lists alone are 200 million ids, 5 GB and more


def vacancy(place: int | pl.Expr) -> pl.Expr:
    """Id of the vacancy at a place of a row's list."""
    return pl.format("v{}", (pl.col("row") + place * STEP) % VACANCIES)


def world(root: Path) -> None:
    """Rows whose true vacancy is always at the same place; every tenth row has no list."""
    for name in ("predictions", "contexts/test", "contexts/train"):
        (root / name).mkdir(parents=True)
    labels = []
    for start in range(0, ROWS, PIECE):
        rows = pl.DataFrame({"row": pl.int_range(start, start + PIECE, eager=True)}).with_columns(
            user_id=pl.format("u{}", "row"), session_id=pl.format("s{}", "row")
        )
        name = f"bucket-{start // PIECE:05d}.parquet"
        lists = pl.concat_list(vacancy(place) for place in range(LONG))
        listed = rows.filter(pl.col("row") % 10 > 0).with_columns(predictions=lists)
        listed.select(list(PREDICTIONS)).write_parquet(root / "predictions" / name)
        items = pl.concat_list(
            ((pl.col("row") + n) % VACANCIES + 3).cast(pl.Int32) for n in range(5)
        )
        rows.with_columns(
            items=items,
            actions=pl.lit([1] * 5, dtype=pl.List(pl.Int8)),
            times=pl.lit([0] * 5, dtype=pl.List(pl.Int64)).cast(pl.List(TIME)),
            sessions=pl.lit([0] * 5, dtype=pl.List(pl.Int32)),
            asked_at=pl.lit(1, dtype=pl.Int64).cast(TIME),
        ).select(list(TEST_SEQUENCES)).write_parquet(root / "contexts/test" / name)
        labels.append(rows.with_columns(vacancy_id=vacancy(TRUE)).select(list(LABELS)))
    pl.concat(labels).write_parquet(root / "labels.parquet")
    nobody = pl.DataFrame(schema=dict(HISTORY))
    nobody.write_parquet(root / "contexts" / TRAIN / "bucket-00000.parquet")
    items = pl.int_range(VACANCIES, eager=True).alias("row").to_frame()
    items.select(
        vacancy_id=pl.format("v{}", "row"),
        item=(pl.col("row") + 3).cast(pl.Int32),
        count=pl.lit(1, dtype=pl.Int64),
        trained=pl.lit(value=True),
    ).select(list(VOCAB)).write_parquet(root / "vocab.parquet")


@pytest.mark.slow
def test_ten_million_rows_are_scored_in_bounded_memory(tmp_path: Path) -> None:
    world(tmp_path)
    given = {"predictions": "predictions", "labels": "labels.parquet", "sequences": "contexts"}
    words = [f"--{name}={tmp_path / file}" for name, file in given.items()]
    words += [f"--vocab={tmp_path / 'vocab.parquet'}", f"--out={tmp_path / 'scores.json'}", "-q"]
    process = subprocess.Popen(
        [sys.executable, "-m", "hhrec_cli", "evaluate", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    found = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert (found["rows"], found["unpredicted"]) == (ROWS, ROWS // 10)
    assert found["metrics"]["MRR@100"] == pytest.approx(0.9 / (TRUE + 1))
    assert found["metrics"]["coverage"] == 1
    assert found["segments"]["history"]["5-19"]["rows"] == ROWS
    gigabytes = used.ru_maxrss * 1024 / 1e9
    assert gigabytes <= MOST
