"""A step costs as much for a large table as for a small one."""

import time
from dataclasses import replace
from itertools import islice
from statistics import median

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from stages.bert4rec.examples.histories import meetings
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.model import HhrecConfig, HhrecModel
from stages.bert4rec.retrieval.cooccurrence import nobody
from stages.train import loop, parameter_groups, sparse_gradients
from stages.train.row_adam import RowAdam
from tests.worlds.small_model import make_demand, make_histories, make_model
from tests.worlds.small_task import make_task

LARGE = 200_000


class Allocations(TorchDispatchMode):
    """Remembers the largest tensor that an operation made, views and in-place results apart."""

    def __init__(self):
        super().__init__()
        self.largest, self.by = 0, ""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        found = func(*args, **(kwargs or {}))
        old = {self.place(one) for one in tree_leaves((args, kwargs))}
        for one in tree_leaves(found):
            if not self.place(one) or self.place(one) in old:
                continue
            if one.numel() > self.largest:
                self.largest, self.by = one.numel(), str(func)
        return found

    @staticmethod
    def place(one):
        dense = isinstance(one, torch.Tensor) and not one.is_sparse
        return one.untyped_storage().data_ptr() if dense else 0


def large_model():
    config = make_model("prefix").config
    config.trained = LARGE
    return HhrecModel(config).train()


def one_step(task, model, optimizers, work):
    """Everything that the loop does between two batches."""
    accelerator = Accelerator(cpu=True)
    loop.accumulate(task, model, accelerator, work, full=False)
    sparse_gradients.merge(sparse_gradients.tables(model).values(), accelerator)
    sparse_gradients.clip_(model.parameters(), 1.0)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad()


def test_a_step_makes_no_tensor_of_the_size_of_the_vocabulary():
    task = make_task(negatives=8)
    model = large_model()
    optimizers = parameter_groups.optimizers(model, 0.01, 0.01)
    work = next(loop.work(task, 0, 1, Accelerator(cpu=True)))
    one_step(task, model, optimizers, work)  # the first step makes the optimisers' state
    with Allocations() as seen:
        one_step(task, model, optimizers, work)
    assert 0 < seen.largest < LARGE, seen.by


def test_the_look_at_allocations_sees_a_dense_gradient():
    table = nn.Embedding(LARGE, 4)
    with Allocations() as seen:
        table(torch.tensor([1, 2])).sum().backward()
    assert seen.largest == LARGE * 4


def seconds(weight, optimizer, ids, values):
    started = time.process_time()
    gradient = torch.sparse_coo_tensor(ids, values, weight.shape, check_invariants=False)
    weight.grad = gradient
    sparse_gradients.merge([weight], Accelerator(cpu=True))
    sparse_gradients.clip_([weight], 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return time.process_time() - started


def test_an_update_takes_as_long_in_two_million_rows_as_in_twenty_thousand():
    generator = torch.Generator().manual_seed(0)
    worlds = []
    for count in (20_000, 2_000_000):
        weight = nn.Parameter(torch.zeros(count, 16))
        ids = torch.randint(0, count, (1, 5_000), generator=generator)
        worlds.append((weight, RowAdam([weight], lr=0.1), ids, torch.ones(5_000, 16)))
    pairs = [[seconds(*world) for world in worlds] for _ in range(12)][2:]
    assert median(large / small for small, large in pairs) < 3  # caches; a dense step takes 100 x


def world(count):
    """A model of usual width, its optimisers, and steps over histories of `count` vacancies."""
    generator = torch.Generator().manual_seed(0)
    rows_of = count + 3
    histories = make_histories([64] * 400)
    items = torch.randint(3, rows_of, (len(histories.items),), generator=generator).int().numpy()
    ranks, met = meetings(items, histories.offsets)
    catalogue = ItemInputs(
        torch.randint(0, 50, (rows_of, 8), generator=generator, dtype=torch.int32),
        torch.rand(rows_of, 2, generator=generator),
        torch.randint(0, 900, (rows_of, 16), generator=generator, dtype=torch.int32),
        make_demand(rows_of),
        nobody(rows_of),
    )
    task = replace(
        make_task(batch_tokens=2048, negatives=2048, hidden_size=128, heads=4),
        histories=replace(histories, items=items, ranks=ranks, met=met),
        rows=np.arange(400),
        catalogue=catalogue,
        share=torch.full((count,), 1 / count),
        cumulated=torch.arange(1, count + 1).double() / count,
        max_length=64,
    )
    shape = {"hidden_size": 128, "heads": 4, "history_length": 64, "word_count": 900}
    shape["neighbours"] = task.settings.near_ones()
    model = HhrecModel(HhrecConfig(trained=count, code_sizes=(50,) * 8, **shape)).train()
    works = list(islice(loop.work(task, 0, 11, Accelerator(cpu=True)), 11))
    return task, model, parameter_groups.optimizers(model, 0.01, 0.01), works


@pytest.mark.slow
def test_a_whole_step_takes_as_long_at_a_million_vacancies_as_at_a_hundred_thousand():
    worlds = [world(100_000), world(1_000_000)]
    ratios = []
    for number in range(11):
        taken = []
        for task, model, optimizers, works in worlds:
            started = time.process_time()
            one_step(task, model, optimizers, works[number])
            taken.append(time.process_time() - started)
        ratios.append(taken[1] / taken[0])
    print(f"step at 1,000,000 items / step at 100,000: {median(ratios[1:]):.2f}")  # noqa: T201
    assert median(ratios[1:]) <= 1.25
