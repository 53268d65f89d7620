"""Prepare a training: the model with the weights that it starts from, and its optimizers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import torch
from accelerate import Accelerator

from stages.bert4rec.network.model import HhrecModel
from stages.core.seeds import derive
from stages.params import Params
from stages.train import parameter_groups, pretrained_layers, warm_start
from stages.train.als_embeddings import start_items
from stages.train.dataset import TrainingData, steps_per_epoch
from stages.train.inputs import Inputs, make_task
from stages.train.loss_choice import takes_all
from stages.train.model_config import content_of, model_config
from stages.train.score_priors import priors, start_from


@dataclass(frozen=True)
class Training:
    """All that takes part in the steps.

    Attributes:
        params: With nothing left to choose by the data's size.
        accelerator: One process or many.
        task: What to train on.
        model: Not yet wrapped for several processes.
        optimizers: Together they hold every weight that is trained.
        started: Vacancies that an older model's vocabulary gave weights to, or not, by kind.
    """

    params: Params
    accelerator: Accelerator
    task: TrainingData
    model: HhrecModel
    optimizers: Sequence[torch.optim.Optimizer]
    started: dict[str, int]

    def steps_per_epoch(self) -> int:
        """Steps of an epoch, over all processes."""
        return steps_per_epoch(self.task, self.accelerator.num_processes)

    def full(self) -> bool:
        """Whether the loss sums over all trained items instead of drawn ones."""
        return takes_all(self.params.train, len(self.task.share))

    def end_steps(self) -> None:
        """Free what only steps need: gradients, and what optimizers remember of them."""
        self.model.zero_grad(set_to_none=True)
        for optimizer in self.optimizers:
            optimizer.state.clear()


def prepare(
    params: Params,
    inputs: Inputs,
    accelerator: Accelerator,
    *,
    train: pl.LazyFrame,
    vocab: pl.DataFrame,
    origin: Path | None,
) -> Training:
    """Make the model and its optimizers.

    Args:
        params: With nothing left to choose by the data's size.
        inputs: What training reads.
        accelerator: One process or many.
        train: `schema.HISTORY`.
        vocab: `schema.VOCAB`.
        origin: Directory of an older model whose weights the new one starts from.
    """
    settings, task = params.train, make_task(params, inputs)
    torch.manual_seed(derive(params.seed, "weights"))
    config = model_config(params, len(inputs.share), content_of(inputs))
    model = HhrecModel(warm_start.like(config, origin) if origin else config)
    if settings.layers_from:
        pretrained_layers.take(model.streams.encoder, Path(settings.layers_from))
    started: dict[str, int] = {}
    if origin:
        started = warm_start.start(model, origin, inputs.names)
    else:
        start_items(model, params, train=train, vocab=vocab)
        if settings.priors:
            start_from(model, priors(task, derive(params.seed, "priors")))
    optimizers = parameter_groups.optimizers(
        model, settings.lr, settings.weight_decay, settings.id_lr
    )
    return Training(params, accelerator, task, model, optimizers, started)
