"""RecTools' BERT4Rec: `python peer_rectools.py TASK.json` in the peers' environment.

As its documentation's example does: softmax loss, Adam at 1e-3, `recommend(filter_viewed=True)`.
Early stopping looks at NDCG@10 of the validation rows, computed from the logits that its validation
step hands to callbacks, as its guide to advanced training does with recall.
"""

import sys
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import torch
from peer_common import Figures, KeepBest, Stopwatch, Task, measured, read_task, sequences, write
from pytorch_lightning import Callback, Trainer, seed_everything
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import BERT4RecModel

NDCG = "ndcg@10"
EXTRA_TOKENS = 2  # padding and mask come first among RecTools' item ids


class Watch(Stopwatch, Callback): ...


class Best(KeepBest, Callback):
    """Adds NDCG@10 over all items, those of the row's window hidden, to Lightning's metrics."""

    def on_validation_epoch_start(self, *_: Any) -> None:
        self.gains: list[torch.Tensor] = []

    def on_validation_batch_end(
        self, _trainer: Any, _module: Any, outputs: Any, batch: Any, *_: Any
    ) -> None:
        logits = outputs["logits"].reshape(len(batch["y"]), -1).clone()
        own = logits.gather(1, batch["y"])
        logits.scatter_(1, batch["x"], float("-inf"))
        logits[:, :EXTRA_TOKENS] = float("-inf")
        rank = 1 + (logits > own).sum(1)
        self.gains.append(torch.where(rank <= 10, 1 / torch.log2(rank + 1.0), 0.0))

    def on_validation_epoch_end(self, trainer: Any, _module: Any) -> None:
        trainer.callback_metrics[NDCG] = torch.cat(self.gains).mean()


def interactions(rows: pl.DataFrame) -> pd.DataFrame:
    """One row an event: user (row number), item, weight 1, a time that only keeps the order."""
    lists = rows["items"].to_list()
    lengths = [len(items) for items in lists]
    users = np.repeat(np.arange(len(lists)), lengths)
    moments = np.concatenate([np.arange(length) for length in lengths])
    return pd.DataFrame(
        {
            Columns.User: users,
            Columns.Item: np.concatenate(lists).astype(np.int64),
            Columns.Weight: 1.0,
            Columns.Datetime: pd.Timestamp("2024-01-01") + pd.to_timedelta(moments, unit="s"),
        }
    )


def learnt(task: Task) -> pd.DataFrame:
    """Train events, and behind them, for early stopping, the validation labels marked by weight."""
    known = interactions(sequences(task, "train"))
    if not task.patience:
        return known
    rows = sequences(task, "validation")
    users = sequences(task, "train").select("user_id").with_row_index("row")
    joined = rows.join(users, on="user_id")
    labels = pd.DataFrame(
        {
            Columns.User: joined["row"].to_numpy(),
            Columns.Item: joined["label_item"].to_numpy().astype(np.int64) - 3,
            Columns.Weight: 2.0,
            Columns.Datetime: pd.Timestamp("2025-01-01"),
        }
    )
    return pd.concat([known, labels], ignore_index=True)


def is_label(events: pd.DataFrame) -> np.ndarray:
    return (events[Columns.Weight] == 2.0).to_numpy()


def make(task: Task, found: Figures) -> BERT4RecModel:
    callbacks: list[Callback] = [Watch(found, lambda batch: int((batch["x"] != 0).sum()))]
    if task.patience:
        callbacks.append(Best(found, NDCG, task.patience))
    trainer = Trainer(
        max_epochs=task.epochs,
        max_steps=task.steps,
        callbacks=callbacks,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    return BERT4RecModel(
        n_blocks=task.layers,
        n_heads=task.heads,
        n_factors=task.hidden_size,
        dropout_rate=task.dropout,
        mask_prob=task.mask_prob,
        session_max_len=task.max_length,
        batch_size=task.batch_rows,
        lr=task.lr,
        get_val_mask_func=is_label if task.patience else None,
        get_trainer_func=lambda: trainer,
    )


def train(task: Task, found: Figures) -> BERT4RecModel:
    model = make(task, found)
    data = Dataset.construct(learnt(task))
    started = time.perf_counter()
    model.fit(data)
    found.fit_seconds = time.perf_counter() - started
    return model


def predict(task: Task, model: BERT4RecModel, found: Figures) -> list[list[int]]:
    rows = sequences(task, "test")
    context = Dataset.construct(interactions(rows))
    users = np.arange(len(rows))
    started = time.perf_counter()
    frame = model.recommend(
        users, context, k=task.k, filter_viewed=True, on_unsupported_targets="warn"
    )
    found.predict_seconds = time.perf_counter() - started
    found.users = len(rows)
    ranked: list[list[int]] = [[] for _ in users]
    for user, items in frame.groupby(Columns.User)[Columns.Item]:
        ranked[user] = items.tolist()
    return ranked


def main() -> None:
    warnings.simplefilter("ignore")
    task = read_task(sys.argv[1])
    seed_everything(task.seed, verbose=False)
    found = measured("RecTools", "pytorch-lightning")
    model = train(task, found)
    ranked = predict(task, model, found) if task.predict else []
    write(task, found, sequences(task, "test"), ranked)


if __name__ == "__main__":
    main()
