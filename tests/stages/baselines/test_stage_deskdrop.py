from pathlib import Path

import polars as pl
import pytest

from stages.baselines import stage as baselines
from stages.core import schema, tables
from stages.core.keys import KEYS
from stages.evaluate import stage as evaluate
from stages.params import Params

DESKDROP = Path(__file__).parents[4] / "shared" / "data" / "deskdrop"


@pytest.mark.skipif(
    not DESKDROP.is_dir(), reason="needs ../shared/data/deskdrop beside the repository"
)
def test_last_viewed_scores_0_037(tmp_path: Path) -> None:
    from_raw(DESKDROP, tmp_path)
    out = tmp_path / "last.parquet"
    where = {"sequences": tmp_path / "sequences", "vocab": tmp_path / "vocab.parquet"}
    baselines.run(Params(), name="last_viewed", part="test", out=out, **where)
    report = evaluate.score_file(
        Params(),
        predictions=out,
        labels=DESKDROP / "labels.parquet",
        part="test",
        raw=DESKDROP,
        out=None,
        **where,
    )
    assert report.rows == 405
    assert round(report.metrics["MRR@100"], 3) == 0.037


def from_raw(raw: Path, root: Path) -> None:
    """Write vocabulary, train histories and test contexts of raw files, the plainest way.

    A context is all that its user ever did: right where no user has two test sessions.
    """
    sessions = pl.concat([pl.read_parquet(raw / f"{part}.parquet") for part in ("train", "test")])
    places = pl.int_ranges(pl.col("vacancy_id").list.len())
    lists = ("vacancy_id", "action_type", "action_dt", "place")
    events = sessions.with_columns(place=places).explode(
        *lists, empty_as_null=False, keep_nulls=False
    )
    train = pl.read_parquet(raw / "train.parquet", columns=["vacancy_id"])
    counts = train.explode("vacancy_id", empty_as_null=False, keep_nulls=False)
    items = (
        pl.read_parquet(raw / "vacancies.parquet", columns=["vacancy_id"])
        .unique()
        .join(counts.group_by("vacancy_id").len("count"), on="vacancy_id", how="left")
        .with_columns(pl.col("count").fill_null(0), trained=pl.col("count").fill_null(0) > 1)
        .sort("count", "vacancy_id", descending=[True, False])
        .with_row_index("item", 3)
    )
    histories = (
        events.join(items, on="vacancy_id")
        .sort("user_id", "action_dt", "session_id", "place")
        .group_by("user_id", maintain_order=True)
        .agg(
            items="item",
            actions="action_type",
            times="action_dt",
            asked_at=pl.col("action_dt").max(),
        )
        .with_columns(sessions=pl.col("actions"))
    )
    asked = pl.read_parquet(raw / "test.parquet", columns=list(KEYS))
    file = "bucket-00000.parquet"
    tables.write(items, root / "vocab.parquet", schema.VOCAB)
    tables.write(histories, root / "sequences" / "train" / file, schema.HISTORY)
    contexts = asked.join(histories, on="user_id")
    tables.write(contexts, root / "sequences" / "test" / file, schema.TEST_SEQUENCES)
