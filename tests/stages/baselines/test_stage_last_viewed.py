"""The last viewed vacancies, from raw files to a score."""

from pathlib import Path
from statistics import mean

import polars as pl
import pytest

from stages.baselines import stage as baselines
from stages.core import schema, tables
from stages.core.keys import KEYS
from stages.evaluate import stage as evaluate
from stages.evaluate.report_schema import FileReport
from stages.params import Params, SeenParams
from tests.oracles import recommendations as oracles

DESKDROP = Path(__file__).parents[4] / "shared" / "data" / "deskdrop"


@pytest.mark.skipif(
    not DESKDROP.is_dir(), reason="needs ../shared/data/deskdrop beside the repository"
)
def test_last_viewed_scores_0_037(tmp_path: Path) -> None:
    report = last_viewed(DESKDROP, tmp_path)
    assert report.rows == 405
    assert round(report.metrics["MRR@100"], 3) == 0.037


def test_last_viewed_scores_on_a_generated_log_what_the_oracle_does(
    small_artifacts: Path, tmp_path: Path
) -> None:
    report = last_viewed(small_artifacts / "raw", tmp_path)
    rows = pl.read_parquet(tmp_path / "sequences" / "test" / "*.parquet")
    labels = pl.read_parquet(small_artifacts / "raw" / "labels.parquet")
    vocab = pl.read_parquet(tmp_path / "vocab.parquet")
    names = dict(vocab.select("item", "vacancy_id").iter_rows())
    counts = dict(vocab.select("item", "count").iter_rows())
    policy = SeenParams().model_dump()
    scores = []
    for true, items, actions in (
        labels.join(rows, on=["user_id", "session_id"])
        .select("vacancy_id", "items", "actions")
        .iter_rows()
    ):
        context = list(zip(items, actions, strict=True))
        ranked = oracles.last_viewed(context, counts)
        best = oracles.arranged(ranked, context, policy, 100)
        scores.append(oracles.metrics(true, [names[item] for item in best])["MRR@100"])
    assert report.rows == len(scores) == len(labels) > 20
    assert report.metrics["MRR@100"] == pytest.approx(mean(scores))
    assert 0 < report.metrics["MRR@100"] < 1


def last_viewed(raw: Path, root: Path) -> FileReport:
    """Recommend what raw files' test users viewed last; score it by their labels."""
    from_raw(raw, root)
    out = root / "last.parquet"
    where = {"sequences": root / "sequences", "vocab": root / "vocab.parquet"}
    baselines.run(Params(), name="last_viewed", part="test", out=out, **where)
    return evaluate.score_file(
        Params(),
        predictions=out,
        labels=raw / "labels.parquet",
        part="test",
        raw=raw,
        out=None,
        **where,
    )


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
