"""What takes part in the steps of a training, and what is left of it when they are over."""

import torch
from accelerate import Accelerator

from stages.params import validated
from stages.train import parameter_groups
from stages.train.prepare import Training
from stages.train.row_adam import RowAdam
from tests.worlds.small_model import make_model
from tests.worlds.small_task import make_task


def test_behind_the_last_step_nothing_is_left_but_the_weights() -> None:
    model = make_model("prefix")
    optimizers = parameter_groups.optimizers(model, 0.01, 0.0)
    accelerator = Accelerator(cpu=True)
    params = validated({}, where="test")
    training = Training(params, accelerator, make_task(), model, optimizers, {})
    for optimizer in optimizers:
        sparse = isinstance(optimizer, RowAdam)  # its gradients are of a few rows
        for group in optimizer.param_groups:
            for weight in group["params"]:
                ones = torch.ones_like(weight)
                weight.grad = ones.to_sparse(1) if sparse else ones
        optimizer.step()
    weights = {name: weight.clone() for name, weight in model.state_dict().items()}
    assert any(optimizer.state for optimizer in optimizers)
    training.end_steps()
    assert not any(optimizer.state for optimizer in optimizers)
    assert all(weight.grad is None for weight in model.parameters())
    assert all(torch.equal(weights[name], weight) for name, weight in model.state_dict().items())
