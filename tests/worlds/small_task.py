"""What the training loop is given: a dozen histories, a small catalogue, settings."""

import numpy as np
import torch

from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.retrieval.cooccurrence import neighbours
from stages.params import TrainParams
from stages.train.dataset import TrainingData
from tests.worlds.small_model import TRAINED, make_demand, make_histories

SETTINGS = TrainParams(
    hidden_size=16, heads=2, batch_tokens=48, epochs=3, lr=0.01, dropout=0.2, negatives=8
)


def make_task(objective="prefix", **changes):
    histories = make_histories([5, 1, 12, 8, 0, 3, 7, 7, 9, 2, 4, 6])
    generator = torch.Generator().manual_seed(3)
    rows = 33
    catalogue = ItemInputs(
        torch.randint(0, 5, (rows, 2), generator=generator, dtype=torch.int32),
        torch.rand(rows, 2, generator=generator),
        torch.randint(0, 9, (rows, 4), generator=generator, dtype=torch.int32),
        make_demand(rows),
        neighbours(histories, rows),
    )
    rows = np.flatnonzero(histories.lengths() >= 2)
    share = torch.full((TRAINED,), 1 / TRAINED)
    return TrainingData(
        histories=histories,
        rows=rows,
        catalogue=catalogue,
        share=share,
        cumulated=share.double().cumsum(0),
        settings=SETTINGS.model_copy(update={"objective": objective} | changes),
        max_length=8,
        seed=7,
    )
