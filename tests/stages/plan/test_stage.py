"""The plan of a log beside what its stages then write: the same sizes, and nothing left behind."""

import tempfile
from pathlib import Path
from typing import Any

import pytest

from stages import plan
from stages.core.fingerprints import sizes
from stages.data.sample.run import run as sample
from stages.interface.errors import MissingInputError
from stages.interface.stage_report import silent
from stages.params import Params, validated
from stages.pipeline import pipeline
from stages.plan import catalogue_rehearsal, raw_counts, rehearsal
from stages.plan.report import PlanReport
from tests.worlds.little_model import TINY, trained

PLACES = {
    "explode": "events",
    "filter": "filtered",
    "vocab": "vocab.parquet",
    "features": "features",
    "sequences": "sequences",
}


def params(**sections: Any) -> Params:
    given = {"split": {"kind": "last_session"}, "features": {"tokens": 400}, "train": TINY}
    return validated(given | sections, where="test")


def found(report: PlanReport) -> dict[str, int]:
    return {one.stage: one.disk for one in report.stages}


def written(artifacts: Path) -> dict[str, int]:
    return {name: sum(sizes(artifacts / place).values()) for name, place in PLACES.items()}


@pytest.fixture(scope="module")
def report(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> PlanReport:
    return plan.run(
        params(), raw=small_artifacts / "raw", artifacts=tmp_path_factory.mktemp("a") / "none"
    )


def test_a_log_that_is_its_own_sample_is_planned_to_the_byte(
    small_artifacts: Path, report: PlanReport
) -> None:
    planned, real = found(report), written(small_artifacts)
    exact = {"explode", "filter", "vocab", "sequences"}
    assert {name: planned[name] for name in exact} == {name: real[name] for name in exact}
    assert planned["features"] == pytest.approx(real["features"], rel=0.1)


@pytest.mark.parametrize("engine", [{"kind": "processes", "workers": 2}, {"kind": "spark"}])
def test_the_sample_is_always_worked_on_here(
    small_artifacts: Path, tmp_path: Path, report: PlanReport, engine: dict[str, Any]
) -> None:
    """Seconds are of this process, and no cluster sees a temporary directory of this machine."""
    planned = plan.run(params(engine=engine), raw=small_artifacts / "raw", artifacts=tmp_path / "a")
    assert {name: found(planned)[name] for name in ("filter", "vocab")} == {
        name: found(report)[name] for name in ("filter", "vocab")
    }
    assert all(one.seconds for one in planned.stages if one.stage in PLACES)


def test_weights_and_checkpoints_are_those_of_a_training(
    small_artifacts: Path, report: PlanReport, tmp_path: Path
) -> None:
    trained(small_artifacts, tmp_path)
    model = sum(sizes(tmp_path / "model").values())
    step = max(tmp_path.glob("checkpoints/step-*"))
    kept = 2 * sum(sizes(step).values()) + sum(sizes(tmp_path / "checkpoints" / "best").values())
    store = sum(sizes(tmp_path / "checkpoints" / "store").values())
    assert found(report)["train"] == pytest.approx(model + kept + store, rel=0.25)


def test_every_stage_is_planned_and_added_up(report: PlanReport) -> None:
    names = [one.stage for one in report.stages]
    assert names == [
        *PLACES, "train", "predict test", "predict validation", "evaluate", "report", "bundle",
    ]  # fmt: skip
    assert report.disk == sum(found(report).values())
    assert report.disk_peak >= report.disk
    assert report.memory == max(one.memory for one in report.stages)
    assert report.fits
    assert report.cluster is None
    assert all(one.seconds is None or one.seconds >= 0 for one in report.stages)


def test_nothing_is_left_behind(
    small_artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(rehearsal, "EVENTS", 500)
    monkeypatch.setattr(catalogue_rehearsal, "VACANCIES", 100)
    monkeypatch.setattr(raw_counts, "MANY", 100)
    some = plan.run(
        params(), raw=small_artifacts / "raw", artifacts=tmp_path / "a", executor_gb=2.0
    )
    assert some.sampled["people"] > 1
    assert some.cluster is not None
    assert not list(tmp_path.iterdir())


def test_raw_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match=r"train\.parquet"):
        plan.run(params(), raw=tmp_path, artifacts=tmp_path / "a")


@pytest.mark.slow
@pytest.mark.parametrize("sessions", [40_000, 160_000])
def test_samples_of_two_sizes_are_planned_within_a_quarter(sessions: int, tmp_path: Path) -> None:
    given = validated({}, where="test")
    raw = tmp_path / "raw"
    sample(out=raw, sessions=sessions, vacancies=sessions, seed=5)
    planned = found(plan.run(given, raw=raw, artifacts=tmp_path / "a"))
    for step in pipeline.steps(given, raw, tmp_path / "a"):
        if step.name in PLACES:
            step.work(progress=silent)
    for name, real in written(tmp_path / "a").items():
        assert planned[name] == pytest.approx(real, rel=0.25), name
