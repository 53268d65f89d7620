"""Validation MRR@100 during training: full ranking, exact over any number of processes."""

import numpy as np
import polars as pl
import torch
from accelerate import Accelerator

from stages import store
from stages.bert4rec.asking import Rows
from stages.bert4rec.items import Catalogue
from stages.bert4rec.model import HhrecModel
from stages.bert4rec.ranking import Precision, Ranker

K = 100


def validation_mrr(
    model: HhrecModel,
    catalogue: Catalogue,
    rows: pl.DataFrame,
    *,
    max_length: int,
    batch_rows: int,
    accelerator: Accelerator,
    precision: Precision = "auto",
) -> float:
    """Mean of 1/rank of the label among all the catalogue, 0 beyond 100 or out of it.

    Each process ranks every n-th batch; batches are the same for any number of processes, and
    reciprocal ranks are gathered by row and added up in row order, so the figure does not depend on
    how many processes share the work.
    """
    model.eval()
    ranker = Ranker(model, catalogue, k=K, batch_rows=batch_rows, precision=precision)
    share = accelerator.process_index, accelerator.num_processes
    labels = rows["label_item"].to_numpy().astype(np.int64)
    gains = np.zeros(len(rows))
    for part in ranker.rank(rows_of(rows, max_length), share):
        hit = part.items.cpu().numpy() == labels[part.rows, None]
        gains[part.rows] = (hit / np.arange(1, hit.shape[1] + 1)).sum(axis=1)
    total = accelerator.reduce(torch.from_numpy(gains).to(accelerator.device))
    model.train()
    return float(total.sum() / max(len(rows), 1))


def rows_of(rows: pl.DataFrame, max_length: int) -> Rows:
    """Rows to rank from which nothing is hidden."""
    return Rows(
        histories=store.histories(rows),
        asked_at=store.moments(rows),
        max_length=max_length,
        hidden=np.zeros(0, dtype=np.int64),
        offsets=np.zeros(len(rows) + 1, dtype=np.int64),
    )
