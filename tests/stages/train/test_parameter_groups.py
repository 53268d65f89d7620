"""Who updates which weight, at which rate, with which decay."""

import numpy as np
import pytest
import torch
from torch import nn
from transformers import get_cosine_schedule_with_warmup, get_linear_schedule_with_warmup

from stages.train import parameter_groups
from stages.train.learning_rate import learning_rate, set_learning_rate
from tests.worlds.small_model import make_model

STEPS = 40


def named(model, optimizer):
    names = {id(weight): name for name, weight in model.named_parameters()}
    return [{names[id(w)] for w in group["params"]} for group in optimizer.param_groups]


@pytest.mark.parametrize("objective", ["mlm", "prefix", "causal"])
def test_every_trained_weight_has_one_optimiser(objective):
    model = make_model(objective)
    groups = [
        group
        for part in parameter_groups.optimizers(model, 0.1, 0.5)
        for group in named(model, part)
    ]
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert sorted(name for group in groups for name in group) == sorted(trained)


def test_only_the_id_tables_are_updated_by_rows():
    model = make_model("prefix")
    _, table = parameter_groups.optimizers(model, 0.1, 0.5)
    assert named(model, table) == [{"tower.ids.weight", "tower.id_bias.weight"}]


def test_matrices_decay_and_biases_norms_and_embeddings_do_not():
    model = make_model("prefix")
    body, table = parameter_groups.optimizers(model, 0.1, 0.5)
    decayed, free = named(model, body)
    assert [group["weight_decay"] for group in body.param_groups] == [0.5, 0.0]
    assert {"head.0.weight", "tower.mix.0.weight", "tower.salary.weight"} <= decayed
    assert {
        "head.0.bias",
        "head.2.weight",
        "tower.codes.weight",
        "streams.actions.weight",
        "streams.start",
    } <= free
    assert not any("embeddings" in name or "LayerNorm" in name for name in decayed)
    assert "weight_decay" not in table.param_groups[0]


def test_tables_learn_at_a_multiple_of_the_rate():
    optimizers = parameter_groups.optimizers(make_model("prefix"), 0.1, 0.5, 3.0)
    for lr in (None, 0.2):
        if lr:
            for optimizer in optimizers:
                set_learning_rate(optimizer, lr)
        rates = [group["lr"] for part in optimizers for group in part.param_groups]
        assert rates == pytest.approx([lr or 0.1, lr or 0.1, 3 * (lr or 0.1)])


@pytest.mark.parametrize(
    ("schedule", "peer"),
    [("linear", get_linear_schedule_with_warmup), ("cosine", get_cosine_schedule_with_warmup)],
)
def test_after_the_rise_schedules_are_those_of_transformers(schedule, peer):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.5)
    scheduler = peer(optimizer, num_warmup_steps=4, num_training_steps=STEPS)
    for step in range(STEPS):
        if step >= 4:
            expected = scheduler.get_last_lr()[0]
            assert learning_rate(step, STEPS, 0.5, 0.1, schedule) == pytest.approx(expected)
        optimizer.step()
        scheduler.step()


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant"])
def test_a_rate_rises_to_the_highest_and_never_again(schedule):
    rates = [learning_rate(step, 100, 2.0, 0.1, schedule) for step in range(101)]
    assert rates[:10] == pytest.approx(np.linspace(0.2, 2.0, 10))
    assert max(rates) == 2.0
    assert np.all(np.diff(rates[10:]) <= 0)
    assert rates[100] == pytest.approx(2.0 if schedule == "constant" else 0.0)


@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant"])
def test_a_training_of_one_step_takes_it_at_full_rate(schedule):
    assert learning_rate(0, 1, 0.3, 1.0, schedule) == 0.3
    assert learning_rate(0, 1, 0.3, 0.0, schedule) == 0.3
