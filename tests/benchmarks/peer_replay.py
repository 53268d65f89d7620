"""RePlay's Bert4Rec: `python peer_replay.py TASK.json` in the peers' environment.

As its documentation's example does: Lightning trainer, full cross-entropy, Adam at 1e-3, seen items
removed by its own postprocessor. Early stopping looks at NDCG@10 of the validation rows.
"""

import sys
import time
import warnings

import polars as pl
from lightning import Callback, Trainer, seed_everything
from peer_common import Figures, KeepBest, Stopwatch, Task, item_count, measured, read_task, write
from peer_common import sequences as rows_of
from replay.data import FeatureHint, FeatureSource, FeatureType
from replay.data.nn import (
    PolarsSequentialDataset,
    TensorFeatureInfo,
    TensorFeatureSource,
    TensorSchema,
)
from replay.models.nn.optimizer_utils import FatOptimizerFactory
from replay.models.nn.sequential import Bert4Rec
from replay.models.nn.sequential.bert4rec import (
    Bert4RecPredictionDataset,
    Bert4RecTrainingDataset,
    Bert4RecValidationDataset,
)
from replay.models.nn.sequential.callbacks import (
    PandasPredictionCallback,
    ValidationMetricsCallback,
)
from replay.models.nn.sequential.postprocessors import RemoveSeenItems
from torch.utils.data import DataLoader

USER, ITEM = "user_id", "item_id"


class Watch(Stopwatch, Callback): ...


class Best(KeepBest, Callback): ...


def schema(task: Task) -> TensorSchema:
    count = item_count(task)
    feature = TensorFeatureInfo(
        name=ITEM,
        is_seq=True,
        cardinality=count,
        embedding_dim=task.hidden_size,
        feature_type=FeatureType.CATEGORICAL,
        feature_sources=[TensorFeatureSource(FeatureSource.INTERACTIONS, ITEM)],
        feature_hint=FeatureHint.ITEM_ID,
    )
    return TensorSchema([feature])


def dataset(lists: pl.Series, shape: TensorSchema) -> PolarsSequentialDataset:
    frame = pl.DataFrame({USER: range(len(lists)), ITEM: lists})
    return PolarsSequentialDataset(shape, USER, ITEM, frame)


def train(task: Task, shape: TensorSchema, found: Figures) -> Bert4Rec:
    model = Bert4Rec(
        shape,
        block_count=task.layers,
        head_count=task.heads,
        hidden_size=task.hidden_size,
        max_seq_len=task.max_length,
        dropout_rate=task.dropout,
        optimizer_factory=FatOptimizerFactory(learning_rate=task.lr),
    )
    learnt = dataset(rows_of(task, "train")["items"], shape)
    batches = Bert4RecTrainingDataset(learnt, task.max_length, mask_prob=task.mask_prob)
    loader = DataLoader(batches, batch_size=task.batch_rows, shuffle=True)
    callbacks: list[Callback] = [Watch(found, lambda batch: int(batch["pad_mask"].sum()))]
    validation = None
    if task.patience:
        asked = rows_of(task, "validation")
        context, answers = (
            asked["items"],
            asked.select((pl.concat_list("label_item") - 3).alias(ITEM)),
        )
        known = dataset(context, shape)
        truth = dataset(answers[ITEM].cast(pl.List(pl.Int64)), shape)
        asking = Bert4RecValidationDataset(known, truth, known, task.max_length)
        validation = DataLoader(asking, batch_size=task.batch_rows)
        seen = [RemoveSeenItems(known)]
        callbacks.append(ValidationMetricsCallback(["ndcg"], [10], seen, item_count(task)))
        callbacks.append(Best(found, "ndcg@10", task.patience))
    trainer = quiet_trainer(callbacks, max_epochs=task.epochs, max_steps=task.steps)
    started = time.perf_counter()
    trainer.fit(model, loader, validation)
    found.fit_seconds = time.perf_counter() - started
    return model


def quiet_trainer(callbacks: list[Callback], **limits: int) -> Trainer:
    return Trainer(
        callbacks=callbacks,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **limits,
    )


def predict(task: Task, model: Bert4Rec, shape: TensorSchema, found: Figures) -> list[list[int]]:
    asked = dataset(rows_of(task, "test")["items"], shape)
    loader = DataLoader(
        Bert4RecPredictionDataset(asked, task.max_length), batch_size=task.batch_rows
    )
    top = PandasPredictionCallback(task.k, USER, ITEM, postprocessors=[RemoveSeenItems(asked)])
    trainer = quiet_trainer([top])
    started = time.perf_counter()
    trainer.predict(model, loader, return_predictions=False)
    frame = top.get_result()
    found.predict_seconds = time.perf_counter() - started
    found.users = len(asked)
    lists = pl.from_pandas(frame.astype({ITEM: "int64"})).group_by(USER).agg(ITEM).sort(USER)
    return lists[ITEM].to_list()


def main() -> None:
    warnings.simplefilter("ignore")
    task = read_task(sys.argv[1])
    seed_everything(task.seed, verbose=False)
    shape, found = schema(task), measured("replay-rec", "lightning")
    model = train(task, shape, found)
    ranked = predict(task, model, shape, found) if task.predict else []
    write(task, found, rows_of(task, "test"), ranked)


if __name__ == "__main__":
    main()
