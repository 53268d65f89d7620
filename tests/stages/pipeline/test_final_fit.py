"""The final fit: all that is known is trained on, labels never; for as long as validation chose."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from stages.core import calibration_file as calibration
from stages.core.keys import KEYS
from stages.core.model_files import Chosen, read_chosen, write_chosen
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Progress
from stages.params import Params, validated
from stages.pipeline import pipeline
from stages.pipeline.final_fit import final_params
from tests.helpers.command import Type
from tests.worlds.flow import Flow, settings

DATA = ("explode", "filter", "vocab", "features", "sequences")
TINY: dict[str, Any] = {
    "split": {"kind": "last_session"},
    "filter": {"min_user_events": 1},
    "vocab": {"min_count": 1},
    "features": {"tokens": 300},
    "train": {
        "hidden_size": 16,
        "heads": 2,
        "layers": 1,
        "epochs": 3,
        "batch_tokens": 16,  # several steps an epoch
        "tracker": "none",
    },
    "predict": {"k": 10},
    "evaluate": {"bootstrap": 100},
}


def params() -> Params:
    return validated(TINY, where="test")


@pytest.fixture(scope="module")
def finished(raw_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """Artifacts and reports of `hhrec run --final` on the tiny log."""
    out = tmp_path_factory.mktemp("final")
    return out, dict(pipeline.run(params(), raw=raw_dir, artifacts=out, final=True))


def read(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path if path.is_file() else path / "*.parquet")


def test_every_known_event_is_trained_on_and_every_test_row_answered(
    raw_dir: Path, finished: tuple[Path, Any]
) -> None:
    out, reports = finished
    asked, learnt = read(raw_dir / "test.parquet"), read(out / "final/filtered")
    tested = asked.explode("vacancy_id", "action_type", "action_dt", empty_as_null=False)
    key = [*KEYS, "vacancy_id"]
    assert tested.join(learnt, on=key, how="anti").is_empty()
    train_file = read(raw_dir / "train.parquet").explode("vacancy_id", empty_as_null=False)
    unknown_actions = 1  # zoya's print
    assert len(learnt) == len(train_file) + len(tested) - unknown_actions
    assert read(out / "final/sequences/validation").is_empty()
    found = read(out / "final/predictions.parquet")
    rows = list(KEYS)
    assert sorted(found.select(rows).rows()) == sorted(asked.select(rows).rows())
    assert set(found["predictions"].list.n_unique()) == {10}
    names = list(reports)
    assert names[names.index("bundle") + 1 :] == [
        *(f"final {name}" for name in DATA),
        "final train",
        "final predict test",
        "final bundle",
    ]


def test_contexts_are_those_of_the_validated_run(finished: tuple[Path, Any]) -> None:
    out, _ = finished
    columns = [*KEYS, "actions", "times", "asked_at"]
    one, two = (
        read(root / "sequences/test").select(columns).sort(KEYS) for root in (out, out / "final")
    )
    assert one.equals(two)


def test_training_ends_after_the_epoch_that_validation_chose(finished: tuple[Path, Any]) -> None:
    out, reports = finished
    chosen = read_chosen(out / "model")
    assert reports["train"].best_epoch == chosen.epoch
    assert reports["final train"].epochs == chosen.epoch
    assert reports["final train"].best_mrr_100 is None
    assert read_chosen(out / "final/model") == Chosen(chosen.epoch, 3, None, chosen.asks)


def test_the_calibration_is_that_of_the_validated_model(finished: tuple[Path, Any]) -> None:
    out, reports = finished
    assert calibration.read(out / "final/model") == calibration.read(out / "model")
    assert reports["final predict test"].seen == reports["predict test"].seen


def test_parameters_are_those_of_the_validated_run_but_for_split_and_end(tmp_path: Path) -> None:
    write_chosen(tmp_path, Chosen(2, 3, 0.1, "event"))
    changed = final_params(params(), tmp_path).model_dump()
    assert (changed["split"].pop("kind"), changed["train"].pop("stop_epoch")) == ("none", 2)
    before = params().model_dump()
    assert changed["train"].pop("asks") == "event"
    del before["split"]["kind"]
    for name in ("stop_epoch", "asks"):
        del before["train"][name]
    assert changed == before


def test_labels_change_nothing(raw_dir: Path, finished: tuple[Path, Any], tmp_path: Path) -> None:
    shutil.copytree(raw_dir, tmp_path / "raw")
    (tmp_path / "raw/labels.parquet").unlink()
    for _ in pipeline.run(params(), raw=tmp_path / "raw", artifacts=tmp_path / "out", final=True):
        pass
    ours, theirs = (
        read(root / "final/predictions.parquet") for root in (finished[0], tmp_path / "out")
    )
    assert ours.equals(theirs)


class Interrupting:
    """Displays of progress; the first sends Ctrl-C after the first step of the final training."""

    def __init__(self) -> None:
        self.step = ""

    @contextmanager
    def __call__(self, step: str) -> Iterator[Progress]:
        self.step = step
        yield self.told

    def told(self, done: int, total: int, note: str = "", **_: float) -> None:
        del note
        if self.step == "final train" and 0 < done < total:
            self.step = ""
            os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupted_final_training_is_gone_on_with(
    raw_dir: Path, finished: tuple[Path, Any], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(finished[0], out)
    shutil.rmtree(out / "final")
    given = {"raw": raw_dir, "artifacts": out, "resume": True, "final": True}
    steps = pipeline.run(params(), progress=Interrupting(), **given)
    broken = next(report for name, report in steps if name == "final train")
    steps.close()  # type: ignore[attr-defined]
    again = dict(pipeline.run(params(), **given))["final train"]
    assert broken.interrupted
    assert 0 < again.resumed_at == broken.steps < again.steps
    weights = "final/model/model.safetensors"
    assert (out / weights).read_bytes() == (finished[0] / weights).read_bytes()
    assert read(out / "final/predictions.parquet").equals(
        read(finished[0] / "final/predictions.parquet")
    )


def test_a_later_run_leaves_no_final_fit_of_an_older_model(
    raw_dir: Path, finished: tuple[Path, Any], tmp_path: Path
) -> None:
    shutil.copytree(finished[0], tmp_path / "out")
    steps = pipeline.run(params(), raw=raw_dir, artifacts=tmp_path / "out")
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert not (tmp_path / "out/final").exists()


def test_none_holds_nothing_out(tmp_path: Path, raw_dir: Path) -> None:
    flow = Flow(tmp_path, settings(split={"kind": "none"}))
    report = flow.explode(raw_dir)
    assert (report.split, report.labels) == ("none", 0)
    assert report.events == {"train": 36, "validation": 0, "test": 8}
    filtered = flow.filter()
    assert filtered.train_events == 44
    table = flow.read("filtered")
    assert set(table.filter(pl.col("user_id") == "nina")["vacancy_id"]) == {"nurse-1", "nurse-3"}
    assert table["vacancy_id"].null_count() == 0  # lev's test session without events


def test_none_refuses_events_that_were_held_out(tmp_path: Path, raw_dir: Path) -> None:
    flow = Flow(tmp_path, settings(split={"kind": "last_session"}))
    flow.explode(raw_dir)
    whole = Flow(tmp_path, settings(split={"kind": "none"}))
    with pytest.raises(HhrecError, match="events were held out") as caught:
        whole.filter()
    assert "hhrec explode" in caught.value.hint


def test_run_final_says_where_the_recommendations_are(
    raw_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hhrec: Type,
) -> None:
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(TINY | {"raw": str(raw_dir)}))
    monkeypatch.chdir(tmp_path)
    typed = hhrec("run", "--final", "--artifacts", "out", "--set", "train.epochs=1")
    assert typed.code == 0
    assert "final train" in typed.out
    assert "out/final/predictions.parquet" in typed.said()
