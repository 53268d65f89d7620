"""Where curves go. tensorboard and wandb are optional: recorders stand in for their packages."""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

from stages.interface.errors import HhrecError
from stages.params import Params
from stages.train import metric_loggers
from stages.train.metric_loggers import (
    Dvclive,
    Nowhere,
    Tensorboard,
    Tracker,
    Wandb,
    drop_from,
    open_tracker,
)

Calls = list[tuple[Any, ...]]


class Recorder:
    """Takes the calls of a SummaryWriter and of a run."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    def add_scalar(self, name: str, value: float, step: int) -> None:
        self.calls.append((name, value, step))

    def log(self, values: dict[str, float], *, step: int) -> None:
        self.calls.append((values, step))

    def close(self) -> None:
        self.calls.append(("closed",))

    def finish(self) -> None:
        self.calls.append(("finished",))


def package(monkeypatch: pytest.MonkeyPatch, name: str, **content: Any) -> None:
    """Let `import NAME` find these."""
    module = ModuleType(name)
    vars(module).update(content)
    monkeypatch.setitem(sys.modules, name, module)


def logged(tracker: metric_loggers.Tracker) -> None:
    tracker.log({"loss": 2.5, "lr": 0.1}, 10)
    tracker.log({"loss": 2.0}, 20)
    tracker.close()


def test_tensorboard_gets_each_figure_with_its_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: Calls = []

    def writer(directory: str) -> Recorder:
        calls.append((directory,))
        return Recorder(calls)

    package(monkeypatch, "torch.utils.tensorboard", SummaryWriter=writer)
    tracker = open_tracker("tensorboard", tmp_path / "live", Params(), active=True)
    assert isinstance(tracker, Tensorboard)
    logged(tracker)
    assert calls == [
        (str(tmp_path / "live"),),
        ("loss", 2.5, 10),
        ("lr", 0.1, 10),
        ("loss", 2.0, 20),
        ("closed",),
    ]


@pytest.mark.parametrize(("wanted", "mode"), [(None, "offline"), ("online", "online")])
def test_wandb_gets_parameters_and_figures_and_stays_offline_unless_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str | None, mode: str
) -> None:
    calls: Calls = []
    given: dict[str, Any] = {}

    def init(**settings: Any) -> Recorder:
        given.update(settings)
        return Recorder(calls)

    package(monkeypatch, "wandb", init=init)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    if wanted:
        monkeypatch.setenv("WANDB_MODE", wanted)
    tracker = open_tracker("wandb", tmp_path / "live", Params(seed=5), active=True)
    assert isinstance(tracker, Wandb)
    logged(tracker)
    assert calls == [({"loss": 2.5, "lr": 0.1}, 10), ({"loss": 2.0}, 20), ("finished",)]
    assert (given["project"], given["mode"], given["config"]["seed"]) == ("hhrec", mode, 5)
    assert Path(given["dir"]) == tmp_path / "live"
    assert (tmp_path / "live").is_dir()


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Directory of curves, away from any repository."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "live"


def dvclive(live: Path, resumed_at: int | None = None) -> Tracker:
    return open_tracker("dvclive", live, Params(), active=True, resumed_at=resumed_at)


def curve_of(live: Path, name: str) -> list[tuple[int, float]]:
    found = pl.read_csv(live / f"plots/metrics/{name}.tsv", separator="\t")
    assert found.columns == ["step", name]
    return found.rows()


def test_dvclive_writes_a_table_a_figure(live: Path) -> None:
    tracker = dvclive(live)
    assert isinstance(tracker, Dvclive)
    logged(tracker)
    assert curve_of(live, "loss") == [(10, 2.5), (20, 2.0)]


def test_a_resumed_run_goes_on_with_the_curves_and_has_each_step_once(live: Path) -> None:
    """The run before logged up to step 20, and was killed after its checkpoint of step 15."""
    logged(dvclive(live))
    tracker = dvclive(live, resumed_at=15)
    tracker.log({"loss": 1.5}, 20)
    tracker.log({"loss": 1.0}, 30)
    tracker.close()
    assert curve_of(live, "loss") == [(10, 2.5), (20, 1.5), (30, 1.0)]
    assert curve_of(live, "lr") == [(10, 0.1)]
    newest = json.loads((live / "metrics.json").read_text())
    assert newest == {"loss": 1.0, "lr": 0.1, "step": 30}


def test_a_run_that_is_not_resumed_begins_new_curves(live: Path) -> None:
    logged(dvclive(live))
    tracker = dvclive(live)
    tracker.log({"loss": 3.0}, 20)
    tracker.close()
    assert curve_of(live, "loss") == [(20, 3.0)]
    assert not (live / "plots/metrics/lr.tsv").exists()


def test_curves_that_a_kill_left_half_written_are_gone_on_with(live: Path) -> None:
    logged(dvclive(live))
    with (live / "plots/metrics/loss.tsv").open("ab") as file:
        file.write(b"25\t1.")
    (live / "metrics.json").write_text('{"loss"')
    tracker = dvclive(live, resumed_at=25)
    tracker.log({"loss": 1.0}, 30)
    tracker.close()
    assert curve_of(live, "loss") == [(10, 2.5), (20, 2.0), (30, 1.0)]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (b"step\tloss\n1\t5\n2\t4\n3\t3\n", b"step\tloss\n1\t5\n"),
        (b"step\tloss\n1\t5\n1", b"step\tloss\n1\t5\n"),
        (b"step\tloss\n2\t5\n", None),
        (b"step\tlo", None),
        (b"", None),
        (None, None),
    ],
)
def test_lines_of_later_steps_and_half_ones_are_dropped_and_no_bare_header_stays(
    tmp_path: Path, text: bytes | None, left: bytes | None
) -> None:
    curve = tmp_path / "loss.tsv"
    if text is not None:
        curve.write_bytes(text)
    drop_from(curve, 2)
    assert (curve.read_bytes() if curve.exists() else None) == left


@pytest.mark.parametrize("kind", ["dvclive", "tensorboard", "wandb", "none"])
@pytest.mark.parametrize("case", ["another process", "no directory", "none chosen"])
def test_nothing_is_written_where_nothing_should_be(tmp_path: Path, kind: str, case: str) -> None:
    live = None if case == "no directory" else tmp_path / "live"
    chosen = "none" if case == "none chosen" else kind
    tracker = open_tracker(chosen, live, Params(), active=case != "another process")
    assert isinstance(tracker, Nowhere)
    logged(tracker)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "name"), [("tensorboard", "torch.utils.tensorboard"), ("wandb", "wandb")]
)
def test_a_package_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(HhrecError, match=f"train.tracker={kind}: the package is not") as caught:
        open_tracker(kind, tmp_path, Params(), active=True)
    assert f"pip install 'hhrec[{kind}]'" in caught.value.hint
