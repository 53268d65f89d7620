"""The seven stages of hhrec, in order.

raw {train,test,vacancies}.parquet
 │
 ▼
explode ── events/ ──► filter ── filtered/ ──► vocab ── vocab.parquet
             │                      │            │
             │                      │            ▼
             │                      │         features ── features/
             ▼                      ▼            │
          sequences ◄───────────────┘◄── vocab   │
             │                                   │
             ▼                                   ▼
           train ◄───────────────────────────────┘
             │
             ▼
          predict ── predictions.parquet ──► evaluate

The folders, lowest first: each imports only from those above it.

interface/   Errors, stage reports, quiet libraries.
core/        Schema, ids, keys, actions, time units, artifact paths, model files, tables, buckets, co-occurrence.
remote/      Directories in object stores: mirrored, and published by a head that is written last.
params/      Every parameter of every stage, with its meaning and unit; `load` reports all faults at once.
seen_policy/ Keep, demote or hide the vacancies that a user has seen; the choice on validation rows.
rules/       Rules of the business: conditions, lists of vacancies, limits by field, capacity, diversity.
scoring/     Metrics, bootstrap intervals, segments, labels and predictions: a library.
explode/     Raw sessions to ordered events, split into train, validation and test.
filter/      Train events without bots, unknown actions and rare users and vacancies (k-core).
vocab/       An item id for every vacancy of the catalogue.
features/    Codebooks, tokenizer, text embeddings; the codes of every vacancy.
sequences/   Histories and contexts as item ids.
bert4rec/    The model only: examples, retrieval, batching, loss, network, ranking.
baselines/   Recommenders without a model: popular, trending, item-kNN, ALS, last viewed.
loaders/     The tables of features and sequences as the arrays that the model reads.
calibration/ Weights of the score's parts and of plain recommenders, fitted on validation rows.
train/       Dataset, data loader, loop, callbacks, checkpoints, optimisers, memory plan.
tune/        Parameters of training chosen on the validation rows, trial by trial, with Optuna.
predict/     Eligibility, and the ranking of the catalogue for every row.
bundle/      One directory with all that an answer needs: written, opened and checked.
export/      The query encoder and the item matrix as ONNX, for programs without torch.
reasons/     Why a vacancy is recommended: the parts of its score, the events that speak for it, in words.
evaluate/    Scores with intervals, comparison with baselines, protocol card.
blend/       Reciprocal rank fusion of several recommenders' predictions.
report/      The HTML page about one directory of artifacts.
data/        Raw input: the synthetic sample, import of other logs, check.
inspect/     Reports that `show` and `lookup` print.
project/     A project of one's own: the parameters and the pipeline to begin with.
pipeline/    `hhrec run` and `hhrec daily`: the stages without DVC; provenance of inputs; the final fit.
plan/        Time, disk and memory of every stage before anything runs.
recommend/   A model held in memory that recommends for histories that need not be in the log.
api/         The functions of `import hhrec`: each stage and the pipeline, for Python programs and notebooks.
serve/       The HTTP server: micro-batches, limits, reload of bundles, metrics, the explorer page.
"""

import os
import sys

STAGES = ("explode", "filter", "vocab", "features", "sequences", "train", "predict")

if sys.platform == "linux" and "PYTORCH_CUDA_ALLOC_CONF" not in os.environ:
    # batches differ in shape: a GPU's memory grows without holes between the blocks of earlier ones
    os.environ.setdefault("PYTORCH_ALLOC_CONF", "expandable_segments:True")
