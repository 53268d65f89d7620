"""Steps depend on their number alone: resumed runs and split batches end with the same weights."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from stages.bert4rec.retrieval.negative_sampling import all_items
from stages.params.training import MaskingParams
from stages.train import checkpointing, loop, parameter_groups
from tests.worlds.small_model import TRAINED, make_model
from tests.worlds.small_task import make_task


def train(task, *, full=False, stop_at=None, resume=None, save_to=None):
    model = make_model(task.settings.objective).train()
    model.tower.id_dropout = 0.2
    optimizers = parameter_groups.optimizers(model, task.settings.lr, task.settings.weight_decay)
    accelerator = Accelerator(cpu=True)
    first = 0
    if resume:
        checkpointing.load(resume, model, optimizers)
        first = checkpointing.read_state(resume).step
    losses = []

    def after_step(figures):
        losses.append(figures.loss)
        return figures.step != stop_at

    loop.run(
        task, model, optimizers, accelerator, full=full, first_step=first, after_step=after_step
    )
    if save_to:
        checkpointing.save(save_to, model, optimizers, checkpointing.State(stop_at, -1.0, 0, "x"))
    return model, losses


@pytest.mark.parametrize("objective", ["mlm", "prefix", "causal"])
@pytest.mark.parametrize("stop_at", [1, 4])
def test_a_resumed_run_ends_with_the_same_weights(objective, stop_at, tmp_path):
    task = make_task(objective)
    whole, losses = train(task)
    train(task, stop_at=stop_at, save_to=tmp_path)
    resumed, rest = train(task, resume=checkpointing.newest(tmp_path))
    assert losses[stop_at:] == rest
    for name, weight in whole.state_dict().items():
        assert torch.equal(weight, resumed.state_dict()[name]), name


@pytest.mark.parametrize("loss", ["full", "sampled", "gbce"])
def test_losses_fall(loss):
    _, losses = train(make_task(epochs=30, loss=loss), full=loss == "full")
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


def test_tokens_are_events_of_histories_however_many_cuts_a_batch_shows():
    """Here each event is a session and each history asks for its next response: in several cuts."""
    policies = MaskingParams(mlm=0, last=0, next_response=1)
    task = make_task("mlm", masking=policies, batch_tokens=1_000)
    histories = task.histories
    starts = np.repeat(histories.offsets[:-1], histories.lengths())
    sessions = (np.arange(len(histories.items)) - starts).astype(np.int32)
    responses = np.ones_like(histories.actions)
    task = replace(task, histories=replace(histories, sessions=sessions, actions=responses))
    work = next(loop.work(task, 0, 1, Accelerator(cpu=True)))
    ((_, batch),) = work.batches
    assert work.tokens == task.lengths().sum()
    assert len(batch.items) > len(task.rows)
    assert work.filled() == batch.lengths.sum() > work.tokens
    assert work.positions() == batch.items.numel() > work.filled()


def test_batches_added_up_give_the_gradients_of_the_same_batches_at_once():
    """Two batches accumulated equal their sum of losses over their sum of weights."""
    task = make_task(accumulation=2, dropout=0.0)
    model = make_model("prefix").train()
    work = next(loop.work(task, 0, 1, Accelerator(cpu=True)))
    loop.accumulate(task, model, Accelerator(cpu=True), work, full=True)
    got = {
        name: weight.grad.clone()
        for name, weight in model.named_parameters()
        if weight.requires_grad
    }
    model.zero_grad()
    candidates = all_items(TRAINED, torch.device("cpu"))
    total = sum(model(batch, task.catalogue, candidates) for _, batch in work.batches)
    (total / sum(batch.weight.sum() for _, batch in work.batches)).backward()
    for name, gradient in got.items():
        expected = dict(model.named_parameters())[name].grad
        torch.testing.assert_close(gradient, expected, atol=1e-6, rtol=1e-4)


def test_two_batches_added_up_take_the_step_of_both_at_once():
    """Tables included: rows that both batches touch are updated once, with the sum."""
    task = make_task(accumulation=2, dropout=0.0)
    work = next(loop.work(task, 0, 1, Accelerator(cpu=True)))
    candidates = all_items(TRAINED, torch.device("cpu"))
    ends = []
    for at_once in (False, True):
        model = make_model("prefix").train()
        optimizers = parameter_groups.optimizers(model, 0.01, 0.0)
        if at_once:
            total = sum(model(batch, task.catalogue, candidates) for _, batch in work.batches)
            (total / sum(batch.weight.sum() for _, batch in work.batches)).backward()
        else:
            loop.accumulate(task, model, Accelerator(cpu=True), work, full=True)
        optimizers[1].step()
        ends.append(model.tower.ids.weight.detach())
        assert optimizers[1].state[model.tower.ids.weight]["step"] == 1
    torch.testing.assert_close(*ends, atol=1e-5, rtol=1e-4)


def test_every_parameter_gets_a_gradient():
    for objective in ("mlm", "prefix", "causal"):
        task = make_task(objective)
        model = make_model(objective).train()
        work = next(loop.work(task, 0, 1, Accelerator(cpu=True)))
        loop.accumulate(task, model, Accelerator(cpu=True), work, full=True)
        without = [n for n, w in model.named_parameters() if w.requires_grad and w.grad is None]
        assert without == []
