"""Checkpoints: whole or absent, the newest kept, everything in them given back to the bit."""

from dataclasses import replace

import pytest
import torch
from accelerate import Accelerator

from stages.core import exchange
from stages.train import checkpointing, loop, parameter_groups
from tests.worlds.small_model import make_model
from tests.worlds.small_task import make_task

STATE = checkpointing.State(0, -1.0, 0, "x")


def trained():
    """A model and its optimisers after two steps."""
    model = make_model("prefix").train()
    optimizers = parameter_groups.optimizers(model, 0.01, 0.1)
    loop.run(
        make_task(),
        model,
        optimizers,
        Accelerator(cpu=True),
        full=False,
        first_step=0,
        after_step=lambda figures: figures.step < 2,
    )
    return model, optimizers


def test_weights_and_both_optimisers_come_back_to_the_bit(tmp_path):
    model, optimizers = trained()
    checkpointing.save(tmp_path, model, optimizers, replace(STATE, step=2))
    other = make_model("prefix")
    others = parameter_groups.optimizers(other, 0.01, 0.1)
    checkpointing.load(checkpointing.newest(tmp_path), other, others)
    twins = dict(zip(model.parameters(), other.parameters(), strict=True))
    for ours, theirs in zip(optimizers, others, strict=True):
        assert ours.state
        for weight, state in ours.state.items():
            assert state.keys() == theirs.state[twins[weight]].keys()
            for name, value in state.items():
                assert torch.equal(value, theirs.state[twins[weight]][name])
                assert value.dtype == theirs.state[twins[weight]][name].dtype
    assert all(torch.equal(one, two) for one, two in twins.items())


def test_a_state_comes_back(tmp_path):
    state = checkpointing.State(
        3, 0.25, 1, "print", best_step=2, precision="bf16", bf16_speedup=1.5
    )
    model = make_model("prefix")
    path = checkpointing.save(tmp_path, model, parameter_groups.optimizers(model, 0.1, 0.0), state)
    assert checkpointing.read_state(path) == state


def test_a_checkpoint_has_its_name_only_once_it_is_on_the_disk(tmp_path, monkeypatch):
    model, order = make_model("prefix"), []
    honest = exchange.os.fsync

    def watched(handle):
        order.append(checkpointing.newest(tmp_path))
        honest(handle)

    monkeypatch.setattr(exchange.os, "fsync", watched)
    target = checkpointing.save(
        tmp_path, model, parameter_groups.optimizers(model, 0.1, 0.0), STATE
    )
    assert order == [None] * 4 + [target]  # three files, their directory; then the name


def test_a_save_that_breaks_off_leaves_the_older_checkpoint(tmp_path, monkeypatch):
    model = make_model("prefix")
    optimizers = parameter_groups.optimizers(model, 0.1, 0.0)
    older = checkpointing.save(tmp_path, model, optimizers, replace(STATE, step=1))

    def full_disk(handle):  # noqa: ARG001  fsync has an argument
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exchange.os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        checkpointing.save(tmp_path, model, optimizers, replace(STATE, step=2))
    assert checkpointing.newest(tmp_path) == older
    checkpointing.prune(tmp_path, 2)
    assert list(tmp_path.iterdir()) == [older]


def test_a_step_saved_again_replaces_its_checkpoint(tmp_path):
    model = make_model("prefix")
    optimizers = parameter_groups.optimizers(model, 0.1, 0.0)
    checkpointing.save(tmp_path, model, optimizers, STATE)
    path = checkpointing.save(tmp_path, model, optimizers, replace(STATE, best=0.5))
    checkpointing.prune(tmp_path, 2)
    assert list(tmp_path.iterdir()) == [path]
    assert checkpointing.read_state(path).best == 0.5


def test_what_validation_says_is_entered_beside_the_same_weights(tmp_path):
    model = make_model("prefix")
    optimizers = parameter_groups.optimizers(model, 0.1, 0.0)
    path = checkpointing.save(tmp_path, model, optimizers, replace(STATE, pending=True))
    weights = (path / "model.safetensors").stat()
    checkpointing.mark(path, replace(STATE, best=0.5))
    assert checkpointing.read_state(path) == replace(STATE, best=0.5)
    assert (path / "model.safetensors").stat() == weights
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_prune_keeps_the_newest_and_sweeps_what_a_killed_run_left(tmp_path):
    model = make_model("prefix")
    optimizers = parameter_groups.optimizers(model, 0.1, 0.0)
    for step in (1, 2, 10):
        checkpointing.save(tmp_path, model, optimizers, replace(STATE, step=step))
    (tmp_path / ".half.part").mkdir()
    checkpointing.prune(tmp_path, 2)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["step-000000002", "step-000000010"]
    assert checkpointing.newest(tmp_path).name == "step-000000010"
