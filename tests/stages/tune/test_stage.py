"""A search from beginning to end: judged on validation rows, cut off and gone on, never on test."""

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from stages.core import trials_file
from stages.interface.errors import HhrecError, UsageError
from stages.interface.stage_report import silent
from stages.params import Params, validated
from stages.pipeline import pipeline
from stages.train import stage as training
from stages.tune import stage, trial
from stages.tune.report import TuneReport
from tests.helpers.trees import tree

pytest.importorskip("optuna")
SPACE = ("train.lr=0.001..0.05:log", "train.dropout=0.0..0.3")
TINY = {
    "hidden_size": 8, "heads": 1, "layers": 1, "epochs": 2, "patience": 0, "tracker": "none",
}  # fmt: skip


def params(**train: Any) -> Params:
    sections = {"train": TINY | train, "split": {"kind": "last_session"}, "vocab": {"min_count": 2}}
    return validated(sections, where="test")


@pytest.fixture(scope="module")
def made(raw_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a search reads, of the tiny log, without any test row."""
    out = tmp_path_factory.mktemp("made")
    for step in pipeline.steps(params(), raw_dir, out):
        if step.name in ("explode", "filter", "vocab", "features", "sequences"):
            step.work(progress=silent)
    for name in ("events", "filtered", ".hhrec", "sequences/test"):
        shutil.rmtree(out / name)
    return out


@pytest.fixture
def tables(made: Path, tmp_path: Path) -> dict[str, Path]:
    """A copy of it to search on."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return {
        "sequences": tmp_path / "sequences",
        "features": tmp_path / "features",
        "vocab": tmp_path / "vocab.parquet",
    }


def tune(tables: dict[str, Path], out: Path, **more: Any) -> TuneReport:
    given = {"space": SPACE, "trials": 3, **more}
    return stage.run(given.pop("params", params()), **tables, out=out, **given)


def known(out: Path) -> list[tuple[object, ...]]:
    """Trials without their times."""
    found = trials_file.read(out)
    assert found
    return [(one.number, one.state, one.params, one.curve) for one in found.trials]


def test_trials_are_judged_by_their_best_epoch_and_leave_nothing_else(
    tables: dict[str, Path], tmp_path: Path
) -> None:
    before = tree(tmp_path)
    report = tune(tables, tmp_path / "trials.json")
    assert (report.complete, report.pruned, report.failed) == (3, 0, 0)
    curves: list[Any] = [curve for *_, curve in known(tmp_path / "trials.json")]
    assert [len(curve) for curve in curves] == [2, 2, 2]
    assert report.best_mrr_100 == max(mrr for curve in curves for _, mrr in curve)
    assert report.words().count("--set train.") == 2
    after = {name: what for name, what in tree(tmp_path).items() if not name.startswith(".hhrec")}
    assert set(after) - set(before) == {"trials.json"}
    first = known(tmp_path / "trials.json")
    more = tune(tables, tmp_path / "trials.json", trials=4)
    assert known(tmp_path / "trials.json")[:3] == first
    assert more.complete + more.pruned == 4


def test_what_an_older_search_left_is_cleared_and_what_is_not_ours_stays(
    tables: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, place = tmp_path / "trials.json", tmp_path / "trials-0000"
    monkeypatch.setattr(trial, "clear", lambda _: None)
    tune(tables, out, trials=1)
    assert (place / "checkpoints").is_dir()
    monkeypatch.undo()
    (place / "letter.txt").write_text("dear")
    tune(tables, out, trials=1, params=params(epochs=1), anew=True)
    assert [path.name for path in place.iterdir() if path.name != ".hhrec"] == ["letter.txt"]
    (place / "letter.txt").unlink()
    tune(tables, out, trials=1, params=params(epochs=1))
    assert not place.exists()


@pytest.mark.parametrize("when", ["an epoch was written down", "a trial is about to end"])
def test_a_search_that_was_cut_off_goes_on_as_if_it_had_not_been(
    tables: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    tune(tables, tmp_path / "whole.json")
    out, calls = tmp_path / "cut.json", []
    name = "after_epoch" if when.startswith("an epoch") else "end"
    work = getattr(stage.Running, name)

    def dies(self: stage.Running, *words: Any) -> None:
        calls.append(words)
        if name == "end" and len(calls) == 2:
            raise KeyboardInterrupt
        work(self, *words)
        if len(calls) == 3:
            raise KeyboardInterrupt  # the second trial, after its first epoch

    monkeypatch.setattr(stage.Running, name, dies)
    with pytest.raises(KeyboardInterrupt):
        tune(tables, out)
    monkeypatch.undo()
    *_, last = known(out)
    assert last[1] == "running"
    report = tune(tables, out)
    assert report.complete == 3
    assert known(out) == known(tmp_path / "whole.json")


def test_a_signal_ends_the_search_and_says_so(
    tables: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = training.run

    def interrupted(*words: Any, **named: Any) -> Any:
        return run(*words, **named).model_copy(update={"interrupted": True})

    monkeypatch.setattr(training, "run", interrupted)
    report = tune(tables, tmp_path / "trials.json")
    assert report.interrupted
    assert len(report.trials) == 1


def test_hopeless_trials_are_pruned(
    tables: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.Search, "hopeless", lambda self, *_: len(self.study.trials) == 2)
    report = tune(tables, tmp_path / "trials.json")
    assert (report.complete, report.pruned) == (2, 1)
    assert next(one for one in report.trials if one["state"] == "pruned")["epochs"] == 1


def test_trials_of_another_search_are_not_gone_on_from(
    tables: dict[str, Path], tmp_path: Path
) -> None:
    out = tmp_path / "trials.json"
    tune(tables, out, trials=1)
    for other in ({"space": SPACE[:1]}, {"params": params(epochs=1)}):
        with pytest.raises(HhrecError, match="holds 1 trials on other data") as caught:
            tune(tables, out, **other)
        assert "--anew" in caught.value.hint
    assert len(tune(tables, out, params=params(epochs=1), trials=2, anew=True).trials) == 2


def test_a_trial_that_cannot_be_trained_is_written_down_and_many_end_the_search(
    tables: dict[str, Path], tmp_path: Path
) -> None:
    late = params().model_copy(update={"seed": 7})  # of which the first trial fails
    mixed = tune(tables, tmp_path / "mixed.json", space=("train.heads=1,3",), trials=2, params=late)
    assert mixed.complete
    assert mixed.failed
    assert any("heads" in one["why"] for one in mixed.trials)
    with pytest.raises(HhrecError, match=r"(?s)the first 3 trials failed: .*heads"):
        tune(tables, tmp_path / "bad.json", space=("train.heads=3,5",), trials=6)


def test_without_validation_rows_nothing_is_tried(tables: dict[str, Path], tmp_path: Path) -> None:
    for file in (tables["sequences"] / "validation").iterdir():
        pl.read_parquet(file).clear().write_parquet(file)
    with pytest.raises(HhrecError, match="judged by validation rows alone"):
        tune(tables, tmp_path / "trials.json")
    assert not (tmp_path / "trials.json").exists()


def test_other_files_and_several_processes_are_refused(
    tables: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.json").write_text(json.dumps({"dear": "letter"}))
    with pytest.raises(HhrecError, match="left alone"):
        tune(tables, tmp_path / "mine.json")
    with pytest.raises(UsageError, match="section train"):
        tune(tables, tmp_path / "trials.json", space=("lr=1..2",))
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(HhrecError, match="expected one process"):
        tune(tables, tmp_path / "trials.json")
