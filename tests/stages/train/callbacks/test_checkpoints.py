"""Checkpoints: when they are due, what is kept as the best, and which epoch is published."""

import json

import pytest
from accelerate import Accelerator

from stages.bert4rec.network.model import HhrecModel
from stages.core.model_files import read_chosen
from stages.params import SeenParams, validated
from stages.train import checkpointing, parameter_groups
from stages.train.callbacks import checkpoints as module
from stages.train.callbacks.checkpoints import Checkpoints
from stages.train.prepare import Training
from stages.train.validation import Scored
from tests.worlds.small_model import make_model
from tests.worlds.small_task import make_task

STATE = checkpointing.State(8, 0.25, 0, "print", best_step=8)


def made(root, **settings):
    params = validated({"train": {"epochs": 3, "keep": 2, **settings}}, where="test")
    model = make_model("prefix")
    optimizers = parameter_groups.optimizers(model, 0.01, 0.0)
    return Checkpoints(
        root, Training(params, Accelerator(cpu=True), make_task(), model, optimizers, {})
    )


def test_a_checkpoint_is_due_by_steps_and_by_time(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    watched = made(tmp_path, save_steps=3, save_minutes=2.0)
    assert [step for step in range(1, 8) if watched.due(step)] == [3, 6]
    now[0] = 121.0
    assert watched.due(4)
    watched.save(STATE)
    assert not watched.due(4)


def test_without_save_steps_only_the_time_counts(tmp_path):
    assert not any(made(tmp_path).due(step) for step in range(1, 50))


def test_only_so_many_are_kept(tmp_path):
    watched = made(tmp_path)
    for step in (2, 4, 6):
        watched.save(checkpointing.State(step, -1.0, 0, "print"))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["step-000000004", "step-000000006"]


@pytest.mark.parametrize("asks", ["session", "event"])
def test_the_best_model_says_how_it_is_asked_and_the_one_in_training_does_not_change(
    tmp_path, asks
):
    watched = made(tmp_path)
    before = watched.training.model.config.to_dict()
    assert watched.best() is None
    seen = SeenParams(response="hide", view="keep", favourite="last")
    watched.keep_best(STATE, 2, Scored(0.25, asks, seen))
    assert watched.training.model.config.to_dict() == before | {
        name: watched.training.model.config.to_dict()[name] for name in ("architectures", "dtype")
    }
    kept = HhrecModel.read(watched.best())
    assert (kept.config.asks, kept.config.seen) == (asks, seen.model_dump())
    mark = json.loads((watched.best() / "best.json").read_text())
    assert mark == {"step": 8, "validation_mrr_100": 0.25}
    assert read_chosen(watched.best()) == watched.chosen(STATE)
    assert (watched.chosen(STATE).epoch, watched.chosen(STATE).asks) == (2, asks)


def test_without_validation_rows_the_last_epoch_is_published(tmp_path):
    watched = made(tmp_path, asks="event")
    step = 2 * watched.training.steps_per_epoch()
    chosen = watched.chosen(checkpointing.State(step, -1.0, 0, "print"))
    assert (chosen.epoch, chosen.epochs, chosen.validation_mrr_100) == (2, 3, None)
    assert chosen.asks == "event"
