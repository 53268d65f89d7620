"""What to train on where all is responses, of which a share go back to the vacancy before."""

import numpy as np
import torch

from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.popularity_prior import demand
from stages.bert4rec.retrieval.cooccurrence import neighbours
from stages.core.item_ids import FIRST_ITEM
from stages.core.time_units import HOUR
from stages.params import TrainParams
from stages.train.dataset import TrainingData
from tests.worlds.small_model import told

ITEMS = 40
TRAINED = FIRST_ITEM + ITEMS


def asked_of(rows, sessions=None, **changes):
    """What to train on, of histories of responses; each begins a day after the one before."""
    hours = [[24 * day + hour for hour in range(len(row))] for day, row in enumerate(rows)]
    times = [[hour * HOUR for hour in row] for row in hours]
    histories = told(rows, [[1] * len(row) for row in rows], sessions, times)
    catalogue = ItemInputs(
        torch.zeros(TRAINED, 0, dtype=torch.int32),
        torch.zeros(TRAINED, 2),
        torch.zeros(TRAINED, 0, dtype=torch.int32),
        demand(histories.items.astype(np.int64), histories.times, TRAINED),
        neighbours(histories, TRAINED),
    )
    share = torch.full((ITEMS,), 1 / ITEMS)
    settings = TrainParams(**{"batch_tokens": 512, "lr": 1e-3, "id_lr": 3.0, "epochs": 1} | changes)
    return TrainingData(
        histories=histories,
        rows=np.arange(len(rows)),
        catalogue=catalogue,
        share=share,
        cumulated=share.double().cumsum(0),
        settings=settings,
        max_length=64,
        seed=1,
    )


def returning(share, users=300, length=8):
    """One response a session; `share` of them are of the vacancy before."""
    generator = np.random.default_rng(0)
    rows = []
    for _ in range(users):
        row = [int(generator.integers(FIRST_ITEM, TRAINED))]
        while len(row) < length:
            again = generator.random() < share
            row.append(row[-1] if again else int(generator.integers(FIRST_ITEM, TRAINED)))
        rows.append(row)
    return asked_of(rows, [list(range(length))] * users)
