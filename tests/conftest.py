"""Fixtures that every test may use."""

import gc
from pathlib import Path

import pytest
import torch
from hypothesis import Phase, settings

from stages.data.sample.run import run as sample
from stages.interface.stage_report import silent
from stages.params import Params, validated
from stages.pipeline import pipeline
from tests.helpers.command import Type, typist
from tests.worlds import tiny

settings.register_profile("quick", max_examples=25, deadline=None)  # a stage writes files
settings.register_profile(  # `make mutants`: the same examples each time, none made smaller
    "mutants",
    settings.get_profile("quick"),
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
)
settings.load_profile("quick")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A benchmark may take hours; every other test hangs after five minutes (pyproject.toml)."""
    no_gpu = pytest.mark.skip(reason="needs a GPU, and torch sees none on this machine")
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.timeout(0))
        if item.get_closest_marker("gpu") and not torch.cuda.is_available():
            item.add_marker(no_gpu)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What `make torture` counted: deaths that came in time, each followed by a resume."""
    told = {
        report.nodeid.partition("::")[2]: dict(report.user_properties)["kills"]
        for report in terminalreporter.getreports("passed")
        if "kills" in dict(report.user_properties)
    }
    if told:
        losses = len(terminalreporter.getreports("failed"))
        terminalreporter.section("kills")
        for name, kills in sorted(told.items()):
            terminalreporter.line(f"{kills:>5} {name}")
        total = sum(int(str(kills)) for kills in told.values())
        terminalreporter.line(
            f"{total:>5} kills, {total} resumes; tests that lost anything: {losses}"
        )


def pytest_unconfigure(config: pytest.Config) -> None:
    """What only collects may fork for each mutant (`make mutants`): frozen objects stay shared."""
    if config.option.collectonly:
        gc.freeze()


@pytest.fixture
def hhrec(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    """Types `hhrec WORDS...` and gives back exit code, stdout and stderr."""
    return typist(monkeypatch, capsys)


@pytest.fixture(scope="session")
def raw_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The raw directory of tests/worlds/tiny.py: train, test, vacancies, labels. Read it only."""
    directory = tmp_path_factory.mktemp("raw")
    tiny.raw_sessions(tiny.TRAIN).write_parquet(directory / "train.parquet")
    tiny.raw_sessions(tiny.TEST).write_parquet(directory / "test.parquet")
    tiny.vacancies().write_parquet(directory / "vacancies.parquet")
    tiny.labels().write_parquet(directory / "labels.parquet")
    return directory


@pytest.fixture(scope="session")
def small_artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `train` and `predict` read, made from a sample of 400 sessions. Read it only."""
    out = tmp_path_factory.mktemp("small")
    sample(out=out / "raw", sessions=400, vacancies=300, seed=5)
    sections = {"split": {"kind": "last_session"}, "features": {"tokens": 400}}
    for step in pipeline.steps(validated(sections, where="test"), out / "raw", out):
        if step.name in ("explode", "filter", "vocab", "features", "sequences"):
            step.work(progress=silent)
    return out


@pytest.fixture(scope="session")
def tiny_params() -> Params:
    """Parameters with which the tiny log keeps something to learn from."""
    return validated({"vocab": {"min_count": 2}}, where="tiny_params")
