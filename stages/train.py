"""Train: fit the model on the train sequences, keep the best by validation MRR@100."""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import torch
from accelerate import Accelerator
from transformers.utils import logging as transformers_logging

from stages import store, tables
from stages.bert4rec import checkpoint, loop, optim
from stages.bert4rec.histories import Histories
from stages.bert4rec.items import Catalogue
from stages.bert4rec.model import HhrecConfig, HhrecModel
from stages.books import Books, books_hash, load_books
from stages.errors import HhrecError
from stages.params import Params, TrainParams
from stages.report import Progress, Report, silent
from stages.schema import VALIDATION_SEQUENCES, VOCAB
from stages.seeds import derive
from stages.trackers import open_tracker
from stages.watch import Watch

FULL_UNTIL = 4_096  # trained items up to which `auto` takes the whole softmax


class TrainReport(Report):
    """What was trained, how fast, and how well it ranks the validation rows."""

    main_process: bool
    interrupted: bool
    processes: int
    device: str
    parameters: int
    trained_items: int
    histories: int
    tokens_per_epoch: int
    padding: float
    loss: str
    steps: int
    epochs: float
    resumed_at: int
    final_loss: float | None
    tokens_per_second: float | None
    validation_rows: int
    best_mrr_100: float | None
    stopped: str


@dataclass(frozen=True)
class Inputs:
    """All that training reads."""

    histories: Histories
    catalogue: Catalogue
    share: torch.Tensor
    validation: pl.DataFrame
    books: Books
    books_hash: str


def run(
    params: Params,
    *,
    sequences: Path,
    features: Path,
    vocab: Path,
    out: Path,
    checkpoints: Path,
    resume: bool = False,
    live: Path | None = None,
    progress: Progress = silent,
) -> TrainReport:
    """Train from the sequences, features and vocabulary to a model directory.

    Raises:
        MissingInputError: A table is not there.
        HhrecError: Nothing to train on, a checkpoint of another run, or unsynchronised processes.
    """
    transformers_logging.set_verbosity_error()
    settings = params.train
    accelerator = start(settings)
    inputs = read(params, accelerator, sequences, features, vocab, checkpoints)
    task = make_task(params, inputs, accelerator)
    full = settings.loss == "full" or (
        settings.loss == "auto" and len(inputs.share) <= FULL_UNTIL
    )
    torch.manual_seed(derive(params.seed, "weights"))
    model = HhrecModel(config(params, inputs))
    optimizer = optim.adamw(model, settings.lr, settings.weight_decay)
    fingerprint = fingerprint_of(params, sequences, features, vocab)
    found = checkpoint.newest(checkpoints)
    state = checkpoint.State(0, -1.0, 0, fingerprint)
    if found and resume:
        state = checkpoint.read_state(found)
        check_resumable(found, state, fingerprint)
    elif found and accelerator.is_main_process:
        checkpoint.prune(checkpoints, 0)
        tables.remove(checkpoints / "best")
    accelerator.wait_for_everyone()
    prepared, optimizer = accelerator.prepare(model, optimizer)
    if found and resume:
        checkpoint.load(found, model, optimizer.optimizer)
    tracker = open_tracker(settings.tracker, live, params, active=accelerator.is_main_process)
    watch = Watch(
        params, task, model, optimizer.optimizer, accelerator, inputs.validation, checkpoints, state, tracker, progress
    )
    if not state.done:
        with watch.signals():
            loop.run(
                task,
                prepared,
                optimizer,
                accelerator,
                full=full,
                first_step=state.step,
                after_step=watch.after_step,
            )
    tracker.close()
    if accelerator.is_main_process and not watch.interrupted:
        watch.publish(out)
    accelerator.wait_for_everyone()
    lengths = task.lengths()
    report = TrainReport(
        main_process=accelerator.is_main_process,
        interrupted=watch.interrupted,
        processes=accelerator.num_processes,
        device=str(accelerator.device),
        parameters=sum(weight.numel() for weight in model.parameters()),
        trained_items=len(inputs.share),
        histories=len(task.rows),
        tokens_per_epoch=int(lengths.sum()),
        padding=round(loop.padding(task), 4),
        loss="full" if full else "sampled",
        steps=watch.state.step,
        epochs=round(watch.state.step / loop.steps_per_epoch(task, accelerator.num_processes), 2),
        resumed_at=state.step,
        final_loss=watch.loss,
        tokens_per_second=watch.speed(),
        validation_rows=min(len(inputs.validation), settings.validation_rows),
        best_mrr_100=watch.state.best if watch.state.best >= 0 else None,
        stopped=watch.stopped,
    )
    accelerator.end_training()
    return report


def start(settings: TrainParams) -> Accelerator:
    """Join the other processes; refuse copies that do not know of each other."""
    accelerator = Accelerator(mixed_precision=settings.precision)
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world > 1 and accelerator.num_processes == 1:
        raise HhrecError(
            f"WORLD_SIZE is {world}, but each process believes to be alone: expected {world} "
            "synchronised processes, found unsynchronised copies",
            "on CPUs: ACCELERATE_USE_CPU=true accelerate launch --multi_gpu "
            f"--num_processes {world} hhrec train",
        )
    return accelerator


def read(
    params: Params,
    accelerator: Accelerator,
    sequences: Path,
    features: Path,
    vocab: Path,
    checkpoints: Path,
) -> Inputs:
    """Read the vocabulary, the catalogue and the histories; the histories stay on disk."""
    counts = tables.scan(vocab, VOCAB, made_by="hhrec vocab build").filter("trained").sort("item")
    count = counts.select("count").collect().to_series().to_numpy().astype(np.float64)
    if not len(count):
        raise HhrecError(
            f"{vocab}: no vacancy has vocab.min_count={params.vocab.min_count} train events",
            "lower vocab.min_count and run `hhrec vocab build`",
        )
    flat = checkpoints / "store"
    if accelerator.is_main_process:
        store.write_store(sequences / "train", flat)
    accelerator.wait_for_everyone()
    validation = tables.scan(
        sequences / "validation", VALIDATION_SEQUENCES, made_by="hhrec sequences build"
    ).collect()
    return Inputs(
        histories=store.open_store(flat),
        catalogue=store.catalogue(features / "items").to(accelerator.device),
        share=torch.from_numpy((count / max(count.sum(), 1)).astype(np.float32)).to(accelerator.device),
        validation=validation,
        books=load_books(features / "books"),
        books_hash=books_hash(features / "books"),
    )


def make_task(params: Params, inputs: Inputs, accelerator: Accelerator) -> loop.Task:
    """Choose the rows that are long enough and say how to train on them."""
    rows = np.flatnonzero(inputs.histories.lengths() >= params.train.min_length)
    if not len(rows):
        raise HhrecError(
            f"no history has train.min_length={params.train.min_length} events",
            "lower train.min_length or filter.min_user_events",
        )
    return loop.Task(
        histories=inputs.histories,
        rows=rows,
        catalogue=inputs.catalogue,
        share=inputs.share,
        settings=params.train,
        max_length=params.sequences.max_length,
        seed=params.seed,
    )


def config(params: Params, inputs: Inputs) -> HhrecConfig:
    """Write down what the model is made of."""
    settings = params.train
    return HhrecConfig(
        backbone=settings.backbone,
        objective=settings.objective,
        hidden_size=settings.hidden_size,
        layers=settings.layers,
        heads=settings.heads,
        dropout=settings.dropout,
        history_length=params.sequences.max_length,
        trained=len(inputs.share),
        code_sizes=store.code_sizes(inputs.books),
        word_count=inputs.books.token_count,
        id_dropout=settings.id_dropout,
        books=inputs.books_hash,
    )


def fingerprint_of(params: Params, sequences: Path, features: Path, vocab: Path) -> str:
    """Hash what a run's weights depend on: parameters that shape them, and the input files."""
    settings = params.train.model_dump(
        exclude={"keep", "tracker", "patience", "validation_rows", "save_minutes"}
    )
    digest = hashlib.sha256(
        json.dumps([params.seed, params.sequences.max_length, settings], sort_keys=True).encode()
    )
    files = [*sorted((sequences / "train").glob("*")), *sorted((features / "items").glob("*")), vocab]
    for file in files:
        digest.update(file.name.encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def check_resumable(path: Path, state: checkpoint.State, fingerprint: str) -> None:
    """Refuse to go on from a checkpoint of other data or parameters."""
    if state.fingerprint != fingerprint:
        raise HhrecError(
            f"{path}: made with other parameters or other data than this run's",
            "start anew without --resume, or restore the parameters and data of that run",
        )
