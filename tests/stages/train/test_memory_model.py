"""The formulas of memory against what tensors really take, and against a count by hand."""

from dataclasses import fields
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator

from stages.bert4rec.ranking.item_index import SLICE
from stages.bert4rec.retrieval.cooccurrence import neighbours
from stages.core.item_ids import FIRST_ITEM
from stages.loaders import model_arrays
from stages.train import gpu_memory, loop, memory_model, parameter_groups
from tests.worlds.small_model import TRAINED, make_histories, make_model
from tests.worlds.small_task import make_task

TABLES = ("tower.ids.weight", "tower.id_bias.weight")


def held(*tensors: torch.Tensor) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


@pytest.fixture
def stepped():
    """A model after one step, its optimizers, its weights outside the item tables."""
    model = make_model("prefix").train()
    optimizers = parameter_groups.optimizers(model, 0.01, 0.01)
    loop.run(
        make_task(),
        model,
        optimizers,
        Accelerator(cpu=True),
        full=True,
        first_step=0,
        after_step=lambda _: False,
    )
    body = [weight for name, weight in model.named_parameters() if name not in TABLES]
    return model, optimizers, body


def test_the_optimizers_state_is_two_numbers_a_weight_or_a_row(stepped):
    _, optimizers, body = stepped
    state = [
        value
        for part in optimizers
        for one in part.state.values()
        for value in one.values()
        if isinstance(value, torch.Tensor) and value.numel() > 1
    ]
    rows, weights = TRAINED + FIRST_ITEM, sum(weight.numel() for weight in body)
    assert memory_model.optimizer_bytes(rows, weights) == pytest.approx(held(*state), rel=0.01)


def test_gradients_of_the_body_are_as_large_as_its_weights(stepped):
    model, optimizers, body = stepped
    task = make_task()
    work = next(loop.work(task, 0, 1, Accelerator(cpu=True)))
    optimizers[0].zero_grad()
    loop.accumulate(task, model, Accelerator(cpu=True), work, full=True)
    learning = [weight for weight in body if weight.requires_grad]
    weights = sum(weight.numel() for weight in learning)
    found = held(*(weight.grad for weight in learning))
    assert memory_model.gradient_bytes(weights, accumulation=1, processes=1) == found


@pytest.mark.parametrize(
    ("accumulation", "processes", "copies"), [(1, 1, 1), (4, 1, 2), (1, 2, 2), (2, 8, 3)]
)
def test_gradients_are_held_again_to_be_added_up_and_to_be_exchanged(
    accumulation, processes, copies
):
    found = memory_model.gradient_bytes(1_000, accumulation=accumulation, processes=processes)
    assert found == copies * 4_000


def test_the_catalogue_is_its_tables_and_what_reading_leaves_behind(
    small_artifacts: Path, monkeypatch
):
    found = model_arrays.catalogue(
        small_artifacts / "features" / "items", small_artifacts / "sequences" / "train"
    )
    read = held(found.codes, found.salary, found.words)
    shape = (len(found), found.codes.shape[1], found.words.shape[1], found.demand.periods())
    demand = held(found.demand.before, found.demand.first)
    assert memory_model.catalogue_bytes(*shape) == int((1 + memory_model.READING) * read) + demand
    monkeypatch.setattr(memory_model, "READING", 0)
    assert memory_model.catalogue_bytes(*shape) == read + demand


def test_histories_are_the_columns_of_their_store(small_artifacts: Path, tmp_path: Path):
    model_arrays.write_store(small_artifacts / "sequences" / "train", tmp_path / "store")
    histories, _ = model_arrays.open_store(tmp_path / "store")
    columns = sum(getattr(histories, name).nbytes for name in model_arrays.FLAT)
    assert memory_model.history_bytes(len(histories.items)) == columns > 0


def test_neighbours_are_no_more_than_events_and_vacancies_allow():
    histories = make_histories([30] * 12, seed=4)
    count = FIRST_ITEM + 30
    found = neighbours(histories, count)
    events = int(histories.offsets[-1])
    kept, counting = memory_model.neighbour_bytes(events, count)
    pairs = [one.table.nnz for one in (found.whole, *found.past)]
    assert 0 < memory_model.PAIR * sum(pairs) <= kept
    pairs_made = 2 * events * memory_model.REACH
    assert counting == memory_model.COUNTING * pairs_made + memory_model.TOUCH * events
    assert memory_model.neighbour_bytes(0, count) == (0, 0)


def test_neighbours_of_a_large_log_are_bounded_by_its_vacancies():
    kept, counting = memory_model.neighbour_bytes(10**9, 10**6)
    lines = memory_model.LINE * 5 * 10**6
    assert kept == memory_model.PAIR * memory_model.PAIRS_KEPT + lines
    assert counting == memory_model.COUNTING * memory_model.PAIRS + memory_model.TOUCH * 10**9


def test_tables_of_the_contest_take_less_than_a_gigabyte_and_a_half():
    kept, _ = memory_model.neighbour_bytes(26_500_000, 2_734_129)
    assert kept < 1.5e9


def test_small_logs_have_tables_of_as_many_neighbours_as_there_may_be():
    kept, _ = memory_model.neighbour_bytes(10**9, 10_000)
    assert kept == 10_000 * 5 * (memory_model.PAIR * memory_model.KEPT + memory_model.LINE)


def test_ranking_holds_the_matrix_and_the_greatest_of_three():
    """Few rows: the matrix while it is made. Wide rows: their encoding. A large table: that, twice."""
    nothing = memory_model.ToRank(0, 0, 0, neighbours=False)
    small = memory_model.ranking_bytes(nothing, 1_000, 16, 512, 0, half=False)
    assert small == 1_000 * (4 * 18 + 20) + 4 * 1_000 * memory_model.TOWER * 16
    halves = memory_model.ranking_bytes(nothing, 1_000, 16, 512, 0, half=True)
    assert halves - small == 1_000 * 2 * 18
    large = memory_model.ranking_bytes(nothing, 10 * SLICE, 16, 512, 0, half=False)
    assert large == 10 * SLICE * 92 + 4 * SLICE * memory_model.TOWER * 16

    wide = memory_model.ToRank(100, 100, 1_000_000, neighbours=False)
    own = 100 * (4 * 16 + memory_model.OWN * 10_000)
    encoding = 4 * 16 * memory_model.ENCODER * 1_000_000
    found = memory_model.ranking_bytes(wide, 1, 16, 512, 7, half=False)
    assert found == 92 + own + encoding + 7

    table = 10**12
    assert memory_model.ranking_bytes(wide, 1, 16, 512, table, half=False) == 92 + 2 * table


def test_neighbours_of_a_row_are_more_candidates_of_its_own():
    alone, close = (
        memory_model.ranking_bytes(
            memory_model.ToRank(100, 50, 1_000_000, neighbours=flag), 1, 16, 512, 0, half=False
        )
        for flag in (False, True)
    )
    near = memory_model.NEAR
    assert close - alone == 100 * memory_model.OWN * near + 4 * 16 * memory_model.CLOSE * 50 * near


def test_the_allocator_keeps_a_share_of_a_step():
    assert memory_model.allocator_bytes(0) == 0
    assert memory_model.allocator_bytes(1_000_000) == int(memory_model.SLACK * 1_000_000)


def memory(**parts: int) -> memory_model.Memory:
    names = [field.name for field in fields(memory_model.Memory)]
    return memory_model.Memory(**dict.fromkeys(names, 0) | parts)


@pytest.mark.parametrize(
    ("parts", "peak"),
    [
        ({"item_table": 1, "body": 2, "optimizer": 4, "catalogue": 8}, 15),
        ({"neighbours": 16, "libraries": 32, "histories": 64}, 112),
        ({"gradients": 5, "activations": 1, "candidates": 2, "logits": 3, "allocator": 9}, 15),
        ({"gradients": 7, "activations": 1, "allocator": 9}, 16),
        ({"gradients": 7, "ranking": 100, "counting": 99}, 100),
        ({"gradients": 7, "ranking": 100, "counting": 101, "body": 1}, 102),
        ({"ranking": 100, "counting": 101, "fitting": 103, "recommenders": 1}, 104),
    ],
)
def test_the_peak_is_what_always_stays_and_the_largest_of_what_comes_and_goes(parts, peak):
    assert memory(**parts).peak() == peak
    assert memory(**parts).parts() == vars(memory(**parts))


def test_a_gpu_reads_and_counts_nothing_and_holds_less_of_a_step_in_bf16():
    found = memory(
        item_table=7,
        catalogue=10**9,
        histories=10**9,
        recommenders=10**9,
        counting=10**9,
        fitting=10**9,
        activations=1_000,
        logits=200,
    )
    step = gpu_memory.GpuStep(10, 30, 500, facts=9, periods=5, near=False, half=True)
    there = gpu_memory.on_gpu(found, step)
    assert (there.item_table, there.histories, there.counting, there.candidates) == (7, 0, 0, 0)
    assert (there.recommenders, there.fitting) == (0, 0)
    assert there.catalogue == 500 * (4 * 9 + 4 * 6 + 8)
    assert there.activations + there.logits == 900
    assert there.allocator == int(0.15 * 900)
    assert there.libraries == gpu_memory.WORKSPACE


@pytest.mark.parametrize(("rows", "cells"), [(10, 40_000), (10**9, gpu_memory.CELLS)])
def test_a_gpu_holds_the_sums_of_a_batchs_neighbours_up_to_a_limit(rows, cells):
    step = gpu_memory.GpuStep(rows, 30, 50, facts=9, periods=5, near=True, half=False)
    there = gpu_memory.on_gpu(memory(), step)
    assert there.candidates == gpu_memory.CELL * cells  # 30 + 50 lines of each row, 50 columns
    assert there.neighbours == gpu_memory.LINE * 50 * 5


def test_the_room_of_a_container_is_its_limit_less_what_it_uses(monkeypatch):
    monkeypatch.setattr(memory_model, "_group", lambda: 7)
    assert memory_model.room(torch.device("cpu")) == 7
    monkeypatch.setattr(memory_model, "_group", lambda: 2**63)
    assert 0 < memory_model.room(torch.device("cpu")) < 2**50


@pytest.mark.parametrize("names", [
    ("memory.max", "memory.current", "memory.stat", "inactive_file"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"),
])  # fmt: skip
def test_both_layouts_of_control_groups_are_read(tmp_path, monkeypatch, names):
    group = tmp_path / "group"
    monkeypatch.setattr(
        memory_model, "Path", lambda path: group if path == "/sys/fs/cgroup" else Path(path)
    )
    assert memory_model._group() == 2**63
    (group / names[0]).parent.mkdir(parents=True)
    (group / names[1]).write_text("300\n")
    (group / names[0]).write_text("1000\n")
    assert memory_model._group() == 700
    (group / names[2]).write_text(f"anon 200\n{names[3]} 80\nactive_file 20\n")
    assert memory_model._group() == 780  # files that nobody has read of late give way
    (group / names[0]).write_text("max\n")
    assert memory_model._group() == 2**63
