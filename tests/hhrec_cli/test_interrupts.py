"""Ctrl-C and SIGTERM end every command within ten seconds, and the same command goes on."""

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hhrec_cli import _interrupts
from stages.interface.errors import Interrupted
from stages.train import checkpointing
from tests.helpers.command import Type
from tests.helpers.launching import environment, words
from tests.helpers.source import ROOT
from tests.launched import killing

BOTH = [signal.SIGINT, signal.SIGTERM]
SLOWER = [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
LIMIT = 10


def interrupted(
    typed: list[str], place: str, mark: Path, kind: signal.Signals, cwd: Path = ROOT
) -> tuple[int, str, float]:
    """Exit code, stderr and seconds to the end of a command that was interrupted somewhere."""
    running = subprocess.Popen(
        [sys.executable, str(ROOT / "tests/launched/validating.py"), *typed],
        cwd=cwd,
        env=environment(HHREC_TEST_STAYS=str(mark), HHREC_TEST_PLACE=place),
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 100
    while not mark.exists() and time.monotonic() < until:
        time.sleep(0.02)
    begun = time.monotonic()
    running.send_signal(kind)
    _, said = running.communicate(timeout=60)
    return running.returncode, " ".join(said.split()), time.monotonic() - begun


@pytest.mark.parametrize("kind", SLOWER)
def test_validation_ends_at_once_and_is_repeated(
    small_artifacts: Path, tmp_path: Path, kind: signal.Signals
) -> None:
    """The checkpoint was there before; what follows ends with the weights of an undisturbed run."""
    typed = ["train", *words(small_artifacts, tmp_path / "a", "--set", "train.save_minutes=1000")]
    code, said, seconds = interrupted(typed, "python", tmp_path / "there", kind)
    assert code == 130
    assert seconds < LIMIT
    assert f"hhrec {shlex.join(typed)} --resume" in said
    (saved,) = (tmp_path / "a" / "checkpoints").glob("step-*")
    state = checkpointing.read_state(saved)
    assert state.pending
    assert killing.hhrec([*typed, "--resume"]) == 0
    whole = ["train", *words(small_artifacts, tmp_path / "b")]
    assert killing.hhrec(whole) == 0
    one, other = (
        (tmp_path / name / "model" / "model.safetensors").read_bytes() for name in ("a", "b")
    )
    assert one == other


def test_a_library_that_does_not_come_back_is_cut_off(project: Path, tmp_path: Path) -> None:
    before = (project / "artifacts/filtered/bucket-00000.parquet").read_bytes()
    code, said, seconds = interrupted(
        ["filter"], "native", tmp_path / "there", signal.SIGTERM, project
    )
    assert (code, seconds < LIMIT) == (130, True)
    assert "next hhrec filter" in said
    assert (project / "artifacts/filtered/bucket-00000.parquet").read_bytes() == before
    assert killing.hhrec(["filter", "--quiet"]) == 0
    assert not list(project.rglob("*.part"))


@pytest.mark.parametrize("error", [Interrupted("SIGTERM"), KeyboardInterrupt()])
def test_any_command_says_what_to_type(
    project: Path, hhrec: Type, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    del project
    from stages.vocab import stage

    def interrupt(*given: object, **named: object) -> None:
        del given, named
        raise error

    monkeypatch.setattr(stage.outputs, "prepare", interrupt)
    found = hhrec("vocab", "build", "--set", "vocab.min_count=3")
    assert found.code == 130
    assert found.out == ""
    assert "next hhrec vocab build --set vocab.min_count=3" in found.said()


def test_what_a_library_makes_of_an_interruption_is_still_one(
    project: Path, hhrec: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Polars panics where a handler raises inside its call back into Python."""
    del project
    from stages.vocab import stage

    def panic(*given: object, **named: object) -> None:
        del given, named
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
        except Interrupted:
            pass
        raise ValueError("called `Result::unwrap()` on an `Err` value")

    monkeypatch.setattr(stage.outputs, "prepare", panic)
    found = hhrec("vocab", "build")
    assert found.code == 130
    assert "error interrupted" in found.said()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["train", "--out", "a b"], "hhrec train --out 'a b' --resume"),
        (["run", "--resume", "--final"], "hhrec run --resume --final"),
        (["explode"], "hhrec explode"),
        ([], "hhrec"),
    ],
)
def test_the_command_line_that_goes_on(
    monkeypatch: pytest.MonkeyPatch, typed: list[str], expected: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["hhrec", *typed])
    assert _interrupts.again() == expected


@pytest.mark.parametrize("kind", BOTH)
def test_a_signal_is_raised_and_the_old_handlers_come_back(kind: signal.Signals) -> None:
    before = [signal.getsignal(one) for one in BOTH]

    def work() -> None:
        with _interrupts.ending():
            os.kill(os.getpid(), kind)
            time.sleep(5)

    with pytest.raises(Interrupted, match=kind.name):
        work()
    assert [signal.getsignal(one) for one in BOTH] == before


def test_what_is_ignored_stays_ignored() -> None:
    """As under nohup, and for a job that a shell starts in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with _interrupts.ending():
            os.kill(os.getpid(), signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_listens_to_nothing() -> None:
    seen = []

    def work() -> None:
        with _interrupts.ending():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]
