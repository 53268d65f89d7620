"""Validation MRR@100 during training: full ranking, exact over any number of processes."""

import numpy as np
import polars as pl
import torch
from accelerate import Accelerator

from stages.asked import asked_rows
from stages.bert4rec.items import Catalogue
from stages.bert4rec.model import HhrecModel
from stages.bert4rec.ranking import Ranker
from stages.params import Params

K = 100


def ranker_of(model: HhrecModel, catalogue: Catalogue, params: Params) -> Ranker:
    """Rank by the model as it stands, in eval mode; for as long as its weights stay."""
    model.eval()
    given = params.predict
    return Ranker(model, catalogue, k=K, batch_rows=given.batch_rows, precision=given.precision)


def validation_mrr(
    ranker: Ranker, rows: pl.DataFrame, *, params: Params, accelerator: Accelerator
) -> float:
    """Mean of 1/rank of the label among all the catalogue, 0 beyond 100 or out of it.

    Vacancies of a row's context are treated as `predict.seen` says. Each process ranks every n-th
    batch; batches are the same for any number of processes, and reciprocal ranks are gathered by row
    and added up in row order, so the figure does not depend on how many processes share the work.
    """
    asked = asked_rows(rows, params.sequences.max_length, params.predict.seen)
    share = accelerator.process_index, accelerator.num_processes
    ranked = np.zeros((len(rows), K), dtype=np.int32)
    for part in ranker.rank(asked.rows, share):
        ranked[part.rows, : part.items.shape[1]] = part.items.cpu().numpy()
    labels = rows["label_item"].to_numpy()[:, None]
    hit = asked.arranged(ranked) == labels  # a label is never 0, which stands where none is left
    gains = (hit / np.arange(1, K + 1)).sum(axis=1)
    total = accelerator.reduce(torch.from_numpy(gains).to(accelerator.device))
    return float(total.sum() / max(len(rows), 1))
