"""The way of batches to a GPU, on a CPU that stands in for one: the same losses, one step later."""

import threading
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from stages.bert4rec.network.model import HhrecModel
from stages.interface.errors import HhrecError
from stages.train import dataloader, device_batches, loop
from stages.train.dataset import steps_per_epoch
from stages.train.parameter_groups import optimizers
from tests.worlds.small_model import make_model
from tests.worlds.small_task import make_task


class Quiet:
    """A stream or an event with nothing to wait for."""

    def __init__(self, *_):
        pass

    def synchronize(self):
        pass

    record = synchronize


@pytest.fixture
def as_gpu(monkeypatch):
    """Let the CPU pass for a GPU."""
    empty = torch.empty

    def unpinned(*size, **given):
        return empty(*size, **given | {"pin_memory": False})

    for module in (loop, dataloader, device_batches):
        monkeypatch.setattr(module, "is_gpu", lambda _: True)
    for name in ("Stream", "Event"):
        monkeypatch.setattr(torch.cuda, name, Quiet)
    monkeypatch.setattr(torch.cuda, "stream", lambda _: nullcontext())
    monkeypatch.setattr(torch.cuda, "current_stream", Quiet)
    monkeypatch.setattr(torch.Tensor, "record_stream", lambda *_: None)
    monkeypatch.setattr(torch, "empty", unpinned)


def trained(objective, **changes):
    """Losses of all steps and the weights after them."""
    task = make_task(objective, dropout=0.0, **changes)
    model = make_model(objective).train()
    losses = []

    def after_step(figures):
        losses.append(figures.loss)
        return True

    accelerator = Accelerator(cpu=True)
    loop.run(
        task, model, optimizers(model, 0.01, 0.01), accelerator,
        full=False, first_step=0, after_step=after_step,
    )  # fmt: skip
    assert len(losses) == 3 * steps_per_epoch(task, 1)
    return losses, dict(model.named_parameters())


@pytest.mark.parametrize("objective", ["prefix", "mlm", "causal"])
def test_a_gpu_takes_the_same_steps_and_tells_of_them_one_later(objective, request):
    losses, weights = trained(objective, accumulation=2)
    request.getfixturevalue("as_gpu")
    late, others = trained(objective, accumulation=2)
    assert late[0] == pytest.approx(losses[0], rel=1e-5)
    assert late[1:] == pytest.approx(losses[:-1], rel=1e-4)
    for name, weight in weights.items():
        torch.testing.assert_close(others[name], weight, rtol=2e-3, atol=2e-3)


@pytest.mark.usefixtures("as_gpu")
def test_a_step_without_a_finite_loss_changes_nothing_and_ends_the_training(monkeypatch):
    task, model = make_task("prefix", dropout=0.0), make_model("prefix").train()
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    forward = HhrecModel.forward
    monkeypatch.setattr(
        HhrecModel, "forward", lambda *given, **named: forward(*given, **named) * np.nan
    )
    with pytest.raises(HhrecError, match="step 1: expected a finite loss"):
        loop.run(
            task, model, optimizers(model, 0.01, 0.01), Accelerator(cpu=True),
            full=False, first_step=0, after_step=lambda _: True,
        )  # fmt: skip
    for name, weight in model.named_parameters():
        assert torch.equal(weight, before[name]), name


@pytest.mark.usefixtures("as_gpu")
def test_batches_come_in_order_whatever_the_number_of_threads(monkeypatch):
    task = make_task("prefix")
    names = set()
    made = dataloader.cut

    def cut(*given):
        names.add(threading.current_thread().name)
        return made(*given)

    monkeypatch.setattr(dataloader, "cut", cut)
    parts = list(dataloader.work(task, 1, 9, Accelerator(cpu=True)))
    assert [part.step for part in parts] == list(range(1, 9))
    assert all(len(part.ready) == len(part.batches) == 1 for part in parts)
    assert threading.main_thread().name not in names
