"""Artifacts to report on: the tiny log with a hostile vacancy in it, predicted for and scored."""

from pathlib import Path

import polars as pl

from stages import evaluate
from stages.core import tables
from stages.core.keys import KEYS
from stages.core.schema import PREDICTIONS
from stages.interface.stage_report import silent
from stages.params import validated
from stages.pipeline import pipeline
from tests.worlds import tiny

HOSTILE = "<script>alert(1)</script>"
PARAMS = validated({"filter": {"max_user_events": 3}, "evaluate": {"bootstrap": 100}}, where="test")
STAGES = ("explode", "filter", "vocab", "features", "sequences")


def build(root: Path) -> Path:
    """Write `raw` below `root`, beside it what every stage writes."""
    write_raw(root / "raw")
    for step in pipeline.steps(PARAMS, root / "raw", root):
        if step.name in STAGES:
            step.work(progress=silent)
    names = {"test": "predictions.parquet", "validation": "validation_predictions.parquet"}
    for part, name in names.items():
        tables.write(guesses(root, part), root / name, PREDICTIONS)
    evaluate.run(
        PARAMS,
        predictions=root / names["test"],
        validation_predictions=root / names["validation"],
        labels=root / "raw" / "labels.parquet",
        sequences=root / "sequences",
        vocab=root / "vocab.parquet",
        raw=root / "raw",
        out=root / "metrics",
    )
    write_curves(root / "live" / "plots" / "metrics")
    return root


def write_raw(raw: Path) -> None:
    """Write the tiny log; cook-5, which anna responds to next, has a hostile name and employer."""
    raw.mkdir()
    tiny.raw_sessions(tiny.TRAIN).write_parquet(raw / "train.parquet")
    tiny.raw_sessions(tiny.TEST).write_parquet(raw / "test.parquet")
    tiny.labels().write_parquet(raw / "labels.parquet")
    bad = pl.col("vacancy_id") == "cook-5"
    catalogue = tiny.vacancies().with_columns(
        pl.when(bad).then(pl.lit(text)).otherwise(pl.col(name)).alias(name)
        for name, text in {"name": HOSTILE, "company.id": '"><img src=x>'}.items()
    )
    catalogue.write_parquet(raw / "vacancies.parquet")


def guesses(root: Path, part: str) -> pl.DataFrame:
    """Recommend cook-4, cook-5, driver-1 and some others to everybody; nothing to boris."""
    asked = pl.read_parquet(root / "sequences" / part / "*.parquet")
    ids = ["cook-4", "cook-5", "driver-1", *(f"clerk-{n}" for n in range(1, 8)), "nurse-3"]
    lists = [[] if user == "boris" else ids for user in asked["user_id"]]
    return asked.select(KEYS).with_columns(predictions=pl.Series(lists, dtype=pl.List(pl.String)))


def write_curves(where: Path) -> None:
    where.mkdir(parents=True)
    curves = {
        "loss": [(10, 7.5), (20, 6.0), (30, "nan")],
        "lr": [(10, 0.001), (20, 0.002)],
        "validation_mrr_100": [(15, 0.25), (30, 0.125)],
        "tokens_per_second": [(10, 9000.0)],
    }
    for name, points in curves.items():
        lines = [f"step\t{name}", *(f"{step}\t{value}" for step, value in points)]
        (where / f"{name}.tsv").write_text("\n".join(lines) + "\n")
