"""The whole pipeline on a small log: what must hold of its results, whatever the model learns."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pytest

from stages.core.keys import KEYS
from stages.data.sample.run import run as sample
from stages.interface.stage_report import silent
from stages.params import Params, validated
from stages.pipeline import pipeline
from stages.pipeline.provenance import claim

SMALL: dict[str, Any] = {
    "split": {"kind": "last_session"},
    "features": {"tokens": 400},
    "train": {"hidden_size": 16, "heads": 2, "layers": 1, "epochs": 2, "tracker": "none"},
    "evaluate": {"bootstrap": 100},
}
DATA = ("explode", "filter", "vocab", "features", "sequences")
GOLDEN = {
    "events": "71cd3e2d9cc83480",
    "filtered": "567a145709cd0b93",
    "vocab.parquet": "d2cf7e1c5f1347fe",
    "features/items": "96c4c808addf025c",
    "sequences/train": "4021d2c96d05e051",
    "sequences/validation": "2e506fc499895933",
    "sequences/test": "36b030427ddd148a",
}
Make: TypeAlias = Callable[..., Path]


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("end") / "raw"
    sample(out=directory, sessions=400, vacancies=300, seed=5)
    return directory


@pytest.fixture(scope="module")
def finished(raw: Path) -> tuple[Path, dict[str, Any]]:
    """Artifacts of one run and its reports."""
    out = raw.parent / "finished"
    reports = dict(pipeline.run(params(), raw=raw, artifacts=out))
    return out, reports


def params(**changes: dict[str, Any]) -> Params:
    """The small parameters, sections updated by `changes`."""
    sections = {name: SMALL.get(name, {}) | changes.get(name, {}) for name in {*SMALL, *changes}}
    return validated(sections, where="test")


def data_only(raw: Path, out: Path, **changes: dict[str, Any]) -> Path:
    """Run the data stages alone."""
    for step in pipeline.steps(params(**changes), raw, out):
        if step.name in DATA:
            step.work(progress=silent)
    return out


def hashes(artifacts: Path) -> dict[str, str]:
    """SHA-256 of the bytes of every data artifact."""
    names = ("events", "filtered", "vocab.parquet", "features", "sequences")
    files = [file for name in names for file in [artifacts / name, *(artifacts / name).rglob("*")]]
    return {
        file.relative_to(artifacts).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(files)
        if file.is_file()
    }


def test_each_test_session_gets_100_distinct_catalogue_vacancies(
    raw: Path, finished: tuple[Path, dict[str, Any]]
) -> None:
    found = pl.read_parquet(finished[0] / "predictions.parquet")
    asked = pl.read_parquet(raw / "test.parquet")
    catalogue = set(pl.read_parquet(raw / "vacancies.parquet")["vacancy_id"])
    key = list(KEYS)
    assert sorted(found.select(key).iter_rows()) == sorted(asked.select(key).iter_rows())
    assert set(found["predictions"].list.len()) == {100}
    assert set(found["predictions"].list.n_unique()) == {100}
    assert set(found["predictions"].explode()) <= catalogue


def test_scores_are_reported_beside_the_baselines(finished: tuple[Path, dict[str, Any]]) -> None:
    out, reports = finished
    assert list(reports) == [
        *DATA,
        "train",
        "predict test",
        "predict validation",
        "evaluate",
        "report",
        "bundle",
    ]
    for part in ("validation", "test"):
        scores = reports["evaluate"].parts[part].scores
        assert next(iter(scores)) == "model"
        assert all(0 < score.metrics["MRR@100"] < 1 for score in scores.values())
        assert (out / "metrics" / f"{part}.json").is_file()


def test_data_artifacts_of_the_tiny_log_are_those_of_yesterday(
    raw_dir: Path, tmp_path: Path
) -> None:
    out = data_only(raw_dir, tmp_path)
    found = {name: content(out / name) for name in GOLDEN}
    assert found == GOLDEN, f"if this was meant, write it down: {found}"


def content(table: Path) -> str:
    """Start of the SHA-256 of a table's rows in order, however Parquet packs them."""
    file = table if table.is_file() else table / "bucket-00000.parquet"
    return hashlib.sha256(pl.read_parquet(file).write_ndjson().encode()).hexdigest()[:16]


def test_shuffled_input_rows_change_no_byte(
    raw: Path, finished: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    other = tmp_path / "shuffled"
    other.mkdir()
    for name in ("train.parquet", "test.parquet", "vacancies.parquet"):
        rows = pl.read_parquet(raw / name)
        rows.sample(fraction=1, shuffle=True, seed=3).write_parquet(other / name)
    assert hashes(data_only(other, tmp_path / "out")) == hashes(finished[0])


def test_the_number_of_buckets_changes_no_result(
    raw: Path, finished: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    out = data_only(raw, tmp_path, explode={"buckets": 5})
    assert len(list((out / "events").glob("bucket-*.parquet"))) == 5
    one, five = hashes(finished[0]), hashes(out)
    for name in ("vocab.parquet", *(name for name in one if name.startswith("features"))):
        assert one[name] == five[name]
    for table in (
        "events",
        "filtered",
        *(f"sequences/{p}" for p in ("train", "validation", "test")),
    ):
        assert whole(out / table).equals(whole(finished[0] / table))


def whole(table: Path) -> pl.DataFrame:
    """All buckets of a table, in one order."""
    rows = pl.concat(pl.read_parquet(file) for file in sorted(table.glob("bucket-*.parquet")))
    key = [name for name in ("user_id", "action_dt", "session_id", "position") if name in rows]
    return rows.sort(key, maintain_order=True)


@pytest.mark.parametrize("buckets", [pytest.param(1, marks=pytest.mark.slow), 3])
def test_another_run_gives_equal_predictions(
    raw: Path, finished: tuple[Path, dict[str, Any]], tmp_path: Path, buckets: int
) -> None:
    for _ in pipeline.run(params(explode={"buckets": buckets}), raw=raw, artifacts=tmp_path):
        pass
    for name in ("predictions.parquet", "validation_predictions.parquet"):
        ours, theirs = (pl.read_parquet(root / name) for root in (finished[0], tmp_path))
        assert ours.equals(theirs)


@pytest.mark.parametrize("kind", ["last_session", "after: 2023-11-12"])
def test_the_held_out_part_teaches_nothing(raw: Path, tmp_path: Path, kind: str) -> None:
    split = {"split": {"kind": kind}}
    before = data_only(raw, tmp_path / "before", **split)
    after = data_only(with_other_future(raw, before, tmp_path / "raw"), tmp_path / "after", **split)
    assert not whole(before / "events").equals(whole(after / "events"))
    ours, theirs = hashes(before), hashes(after)
    untouched = [
        name
        for name in ours
        if name.startswith(("filtered", "vocab", "features", "sequences/train"))
    ]
    assert untouched
    assert {name: ours[name] for name in untouched} == {name: theirs[name] for name in untouched}


def with_other_future(raw: Path, artifacts: Path, out: Path) -> Path:
    """Raw files in which every wholly held-out train session turns to other vacancies."""
    shutil.copytree(raw, out)
    held = (
        whole(artifacts / "events")
        .group_by(KEYS)
        .agg(pl.col("part").eq("validation").all())
        .filter("part")
        .select(*KEYS, held=True)
    )
    rows = pl.read_parquet(raw / "train.parquet").join(
        held, on=KEYS, how="left", maintain_order="left"
    )
    assert rows["held"].sum() > 10
    turned = pl.col("vacancy_id").list.eval(pl.lit("0") + pl.element())
    rows.with_columns(
        pl.when(pl.col("held")).then(turned).otherwise(pl.col("vacancy_id")).alias("vacancy_id")
    ).drop("held").write_parquet(out / "train.parquet")
    return out


def test_a_run_of_other_inputs_is_refused(
    raw: Path, finished: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(raw, other)
    pl.read_parquet(raw / "test.parquet").head(3).write_parquet(other / "test.parquet")
    with pytest.raises(Exception, match="made from other input files"):
        claim(other, finished[0], pipeline.RESULTS, force=False)
