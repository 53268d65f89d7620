"""Validation MRR@100 during training: full ranking, exact over any number of processes."""

import numpy as np
import polars as pl
import torch
from accelerate import Accelerator

from stages import store
from stages.bert4rec import batches, ranking
from stages.bert4rec.items import Catalogue
from stages.bert4rec.model import HhrecModel

K = 100


def validation_mrr(
    model: HhrecModel,
    catalogue: Catalogue,
    rows: pl.DataFrame,
    *,
    max_length: int,
    batch_rows: int,
    accelerator: Accelerator,
) -> float:
    """Mean of 1/rank of the label among all the catalogue, 0 beyond 100 or out of it.

    Each process ranks every n-th batch; reciprocal ranks are gathered by row and added up in row
    order, so the figure does not depend on how many processes share the work.
    """
    model.eval()
    histories = store.histories(rows)
    asked_at = store.moments(rows)
    matrix = ranking.item_matrix(model, catalogue)
    labels = torch.from_numpy(rows["label_item"].to_numpy().astype(np.int64))
    gains = torch.zeros(len(rows), dtype=torch.float64, device=accelerator.device)
    lengths = np.minimum(histories.lengths(), max_length)
    plan = batches.in_order(lengths, batch_rows * 8)
    for part in plan[accelerator.process_index :: accelerator.num_processes]:
        asked = ranking.question(histories, part, max_length, model, catalogue, asked_at[part])
        asked = asked.to(accelerator.device)
        none = torch.zeros(len(part), 0, dtype=torch.int64, device=accelerator.device)
        items, scores = ranking.rank(model, catalogue, matrix, asked, K, none)
        hit = (items == labels[part, None].to(items.device)) & (scores > ranking.NEVER)
        places = torch.arange(1, items.shape[1] + 1, device=items.device)
        gains[torch.from_numpy(part).to(items.device)] = (hit / places).sum(1, dtype=torch.float64)
    total = accelerator.reduce(gains)  # each row is non-zero in one process only
    model.train()
    return float(total.sum() / max(len(rows), 1))
