"""Steps on a GPU: none waits for it, and its losses are the CPU's."""

from itertools import islice

import pytest
import torch
from accelerate import Accelerator

from stages.bert4rec.ranking.ranker import Ranker
from stages.train import loop
from stages.train.dataloader import work
from stages.train.parameter_groups import optimizers
from tests.worlds.rank_rows import make_rows
from tests.worlds.small_model import make_model
from tests.worlds.small_task import make_task

pytestmark = pytest.mark.gpu


class Alone:
    """An accelerator of one process on some device."""

    num_processes, process_index, is_main_process = 1, 0, True

    def __init__(self, device):
        self.device = torch.device(device)

    def reduce(self, tensor):
        return tensor

    def backward(self, loss):
        loss.backward()


def started(objective, device, **changes):
    task = make_task(objective, dropout=0.0, **changes)
    where = torch.device(device)
    moved = {
        "catalogue": task.catalogue.to(where),
        "share": task.share.to(where),
        "cumulated": task.cumulated.to(where),
    }
    model = make_model(objective).to(where).train()
    return type(task)(**vars(task) | moved), model, optimizers(model, 0.01, 0.01)


@pytest.mark.parametrize("precision", ["no", "tf32", "bf16"])
@pytest.mark.parametrize("objective", ["prefix", "mlm", "causal"])
@pytest.mark.parametrize("full", [True, False])
def test_a_step_waits_for_nothing(objective, precision, full):
    task, model, both = started(objective, "cuda")
    accelerator = Alone("cuda")
    parts = list(islice(work(task, 0, 4, accelerator, full=full), 4))

    def step(part):
        return loop.take_step(
            task, model, both, accelerator, part, 0.01, full=full, precision=precision
        )

    step(parts[0])  # makes the optimisers' state
    step(parts[1])
    torch.cuda.set_sync_debug_mode("error")
    try:
        found = [step(part) for part in parts[2:]]
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert all(bool(one.isfinite().all()) for one in found)


@pytest.mark.parametrize("objective", ["prefix", "mlm", "causal"])
def test_losses_are_those_of_the_cpu(objective):
    found = {}
    for device in ("cpu", "cuda"):
        task, model, both = started(objective, device)
        losses = []

        def after_step(figures, losses=losses):
            losses.append(figures.loss)
            return True

        loop.run(
            task, model, both, Alone(device), full=False, first_step=0, after_step=after_step
        )  # fmt: skip
        found[device] = losses
    assert found["cuda"][1:] == pytest.approx(found["cpu"][:-1], rel=1e-3)


def test_lists_are_those_of_the_cpu():
    found = []
    for device in ("cpu", "cuda"):
        task, model, _ = started("prefix", device)
        ranker = Ranker(model.eval(), task.catalogue, k=10, batch_rows=4)
        lists = {}
        for part in ranker.rank(make_rows()):
            lists |= dict(zip(part.rows.tolist(), part.items.tolist(), strict=True))
        found.append(lists)
    assert found[0] == found[1]


def test_accelerate_gives_the_gpu():
    assert Accelerator().device.type == "cuda"
