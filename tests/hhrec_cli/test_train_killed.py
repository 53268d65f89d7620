"""Killed at any moment and resumed, a training ends with the very bytes of an undisturbed one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.launching import SETS, words
from tests.helpers.source import ROOT
from tests.launched.killing import Moment, hhrec

KILLED = -9
DISK = 15  # changes to directories below `checkpoints` in one short training, at least


def train(artifacts: Path, out: Path, *more: str) -> list[str]:
    return ["train", *words(artifacts, out, "--set", "train.batch_tokens=128", *more)]


def weights(out: Path) -> bytes:
    return (out / "model" / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def undisturbed(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    assert hhrec(train(small_artifacts, out)) == 0
    return out


def resumed(artifacts: Path, out: Path, moments: list[Moment]) -> bytes:
    """The weights after a death at each moment, each time gone on from with `--resume`."""
    for moment in moments:
        assert hhrec(train(artifacts, out, "--resume"), moment) == KILLED, moment
        assert not (out / "model").exists()
    assert hhrec(train(artifacts, out, "--resume")) == 0
    names = {path.name.partition("-")[0] for path in (out / "checkpoints").iterdir()}
    assert names == {"best", "neighbours", "step", "store"}  # nothing half written is left
    return weights(out)


def test_deaths_before_a_checkpoint_in_validation_and_while_writing(
    small_artifacts: Path, tmp_path: Path, undisturbed: Path
) -> None:
    moments = [
        Moment("disk", 2),  # the store of the histories is half written
        Moment("step", 1),  # no checkpoint yet
        Moment("validation", 1),
        Moment("disk", 9),
        Moment("validation", 2),
    ]
    assert resumed(small_artifacts, tmp_path, moments) == weights(undisturbed)


@pytest.mark.slow
def test_ten_deaths_at_random_moments(
    small_artifacts: Path,
    tmp_path: Path,
    undisturbed: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """Each a random time after a random step; a checkpoint is due every 0.12 s."""
    draw = np.random.default_rng(20231114)
    steps = sorted(draw.choice(last_step(undisturbed) * 3 // 4, 10, replace=False) + 1)
    moments = [Moment("step", int(step), draw.uniform(0, 0.05)) for step in steps]
    record_property("kills", len(moments))
    assert resumed(small_artifacts, tmp_path, moments) == weights(undisturbed)


@pytest.mark.slow
def test_a_death_before_any_change_on_disk(
    small_artifacts: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Every place where a checkpoint, the best model or the store can be half there.

    Checkpoints are due by steps, not by the clock, so every training makes the same changes.
    """
    shorter = ("epochs=1", "batch_tokens=512", "save_steps=1", "save_minutes=10")
    short = tuple(word for value in shorter for word in ("--set", f"train.{value}"))
    assert hhrec(train(small_artifacts, tmp_path / "0", *short)) == 0
    for number in range(1, 1000):
        out = tmp_path / str(number)
        if hhrec(train(small_artifacts, out, *short), Moment("disk", number)) == 0:
            break  # an undisturbed training makes fewer changes than that
        assert hhrec(train(small_artifacts, out, *short, "--resume")) == 0
        assert weights(out) == weights(tmp_path / "0"), number
    assert number > DISK
    record_property("kills", number - 1)


def last_step(out: Path) -> int:
    return max(int(path.name.removeprefix("step-")) for path in out.glob("checkpoints/step-*"))


def test_run_goes_on_where_its_training_was_killed(small_artifacts: Path, tmp_path: Path) -> None:
    raw = ("--raw", str(small_artifacts / "raw"), "--params", str(ROOT / "params.yaml"), "--quiet")
    small = ("--set", "split.kind=last_session", "--set", "features.tokens=400", *SETS)
    whole, broken = (
        ["run", *raw, *small, "--artifacts", str(tmp_path / name)] for name in ("whole", "broken")
    )
    assert hhrec(whole) == 0
    assert hhrec(broken, Moment("validation", 2)) == KILLED
    assert hhrec([*broken, "--resume"]) == 0
    assert weights(tmp_path / "broken") == weights(tmp_path / "whole")
    ours, theirs = (
        (tmp_path / name / "predictions.parquet").read_bytes() for name in ("broken", "whole")
    )
    assert ours == theirs
