"""Training in processes of its own: launched as the README types it, killed, resumed, in pairs."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file

from tests.helpers.command import Type
from tests.helpers.launching import ANY_PORT, accelerate, environment, report, words
from tests.helpers.source import ROOT


def test_accelerate_launch_hhrec_train_from_the_root(small_artifacts: Path, tmp_path: Path) -> None:
    found = report(accelerate("hhrec", "train", *words(small_artifacts, tmp_path, "--json")))
    assert found["processes"] == 1
    assert (tmp_path / "model" / "model.safetensors").is_file()


@pytest.mark.slow
def test_the_module_can_be_launched_from_anywhere(small_artifacts: Path, tmp_path: Path) -> None:
    arguments = words(small_artifacts, tmp_path, "--json", "--set", "train.epochs=1")
    found = report(accelerate("-m", "hhrec_cli", "train", *arguments, cwd=tmp_path))
    assert found["epochs"] == 1


def test_two_processes_train_one_model(small_artifacts: Path, tmp_path: Path) -> None:
    two = ("--multi_gpu", "--num_processes", "2", *ANY_PORT)
    arguments = words(small_artifacts, tmp_path, "--json", "--set", "train.epochs=1")
    done = accelerate(*two, "hhrec", "train", *arguments, ACCELERATE_USE_CPU="true")
    found = report(done)
    assert found["processes"] == 2
    assert "2 process" in done.stderr


def test_copies_that_do_not_know_of_each_other_are_refused(
    small_artifacts: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "hhrec_cli", "train", *words(small_artifacts, tmp_path)]
    lonely = environment(WORLD_SIZE="2", RANK="0", ACCELERATE_USE_CPU="false")
    lonely.pop("LOCAL_RANK", None)
    done = subprocess.run(
        command, cwd=ROOT, env=lonely, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "unsynchronised" in done.stderr
    assert "ACCELERATE_USE_CPU=true accelerate launch" in " ".join(done.stderr.split())


def test_killed_and_resumed_it_ends_with_the_same_weights(
    small_artifacts: Path, tmp_path: Path
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    command = [sys.executable, "-m", "hhrec_cli", "train"]
    subprocess.run(
        [*command, *words(small_artifacts, whole)],
        cwd=ROOT,
        env=environment(),
        check=True,
        capture_output=True,
    )
    running = subprocess.Popen(
        [*command, *words(small_artifacts, broken)],
        cwd=ROOT,
        env=environment(),
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 60
    while not list((broken / "checkpoints").glob("step-*")) and time.monotonic() < until:
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    assert not (broken / "model").exists()
    done = subprocess.run(
        [*command, *words(small_artifacts, broken, "--resume", "--json")],
        cwd=ROOT, env=environment(), check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["resumed_at"] > 0
    ours, theirs = (load_file(root / "model" / "model.safetensors") for root in (whole, broken))
    assert all((ours[name] == theirs[name]).all() for name in ours)


@pytest.mark.parametrize(
    "kind", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_a_signal_saves_and_says_how_to_go_on(
    small_artifacts: Path, tmp_path: Path, kind: signal.Signals
) -> None:
    """In the middle of the only epoch, so that nothing but the signal can have saved."""
    command = [sys.executable, "-m", "hhrec_cli", "train"]
    long = ["train.batch_tokens=16", "train.epochs=1", "train.save_minutes=1000"]
    typed = words(small_artifacts, tmp_path, *(word for one in long for word in ("--set", one)))
    slow = {"HHREC_TEST_SLOWLY": str(tmp_path / "begun")}
    running = subprocess.Popen(
        [sys.executable, str(ROOT / "tests/launched/slowly.py"), "train", *typed],
        cwd=ROOT, env=environment(**slow), stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until = time.monotonic() + 60
    while not (tmp_path / "begun").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not list((tmp_path / "checkpoints").glob("step-*"))
    running.send_signal(kind)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert f"hhrec train {' '.join(typed)} --resume" in " ".join(said.split())
    (saved,) = (tmp_path / "checkpoints").glob("step-*")
    done = subprocess.run(
        [*command, *typed, "--resume", "--json"],
        cwd=ROOT, env=environment(), check=True, capture_output=True, text=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert 0 < found["resumed_at"] == int(saved.name.removeprefix("step-")) < found["steps"]
    assert found["interrupted"] is False


def test_a_checkpoint_of_other_parameters_is_refused(
    small_artifacts: Path, tmp_path: Path, hhrec: Type
) -> None:
    given = words(small_artifacts, tmp_path, "--set", "train.epochs=1")
    assert hhrec("train", *given).code == 0
    done = hhrec("train", *given, "--resume", "--set", "train.lr=0.5")
    assert done.code == 1
    assert "other parameters" in done.said()
