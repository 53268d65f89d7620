"""What training reads: vocabulary, catalogue, histories on disk, validation rows."""

import hashlib
import json
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
import polars as pl
import torch
from accelerate import Accelerator

from stages.bert4rec.examples.histories import Histories, Ints
from stages.bert4rec.network.config import HhrecConfig
from stages.bert4rec.network.item_tower import Catalogue
from stages.core import tables
from stages.core.artifact_paths import BOOKS_DIR, ITEMS_DIR, TRAIN, VALIDATION
from stages.core.model_files import WEIGHTS
from stages.core.schema import VALIDATION_SEQUENCES, VOCAB
from stages.features.codebooks import Books, books_hash, load_books
from stages.features.vector_file import VECTORS
from stages.loaders import model_arrays
from stages.params import Params, TrainParams
from stages.train import pretrained_layers
from stages.train.dataloader import SESSIONS
from stages.train.dataset import Task

FULL_UNTIL = 4_096  # trained items up to which `auto` takes the whole softmax


@dataclass(frozen=True)
class Inputs:
    """All that training reads."""

    histories: Histories
    users: Ints  # rows of the histories in order of user id
    catalogue: Catalogue
    share: torch.Tensor
    names: pl.Series  # vacancy ids of the vocabulary by item
    validation: pl.DataFrame  # the rows ranked after an epoch
    books: Books
    books_hash: str


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
    trained = counts.select("vacancy_id", "count").collect()
    count = trained["count"].to_numpy().astype(np.float64)
    flat = checkpoints / "store"
    if accelerator.is_main_process:
        for scrap in checkpoints.glob(".*"):  # what a killed run left half written
            tables.remove(scrap)
        model_arrays.write_store(sequences / TRAIN, flat)
    accelerator.wait_for_everyone()
    validation = tables.scan(
        sequences / VALIDATION, VALIDATION_SEQUENCES, made_by="hhrec sequences build"
    )
    histories, users = model_arrays.open_store(flat)
    return Inputs(
        histories=histories,
        users=users,
        catalogue=model_arrays.catalogue(
            features / ITEMS_DIR,
            sequences / TRAIN,
            histories,
            neighbours=params.train.near_ones() > 0,
        ).to(accelerator.device),
        share=torch.from_numpy((count / max(count.sum(), 1)).astype(np.float32)).to(
            accelerator.device
        ),
        names=trained["vacancy_id"],
        validation=validation.head(params.train.validation_rows).collect(),
        books=load_books(features / BOOKS_DIR),
        books_hash=books_hash(features / BOOKS_DIR),
    )


def make_task(params: Params, inputs: Inputs) -> Task:
    """Choose the rows that are long enough and say how to train on them."""
    lengths = inputs.histories.lengths()
    rows = inputs.users[lengths[inputs.users] >= params.train.min_length]
    return Task(
        histories=inputs.histories,
        rows=rows,
        catalogue=inputs.catalogue,
        share=inputs.share,
        cumulated=inputs.share.double().cumsum(0),
        settings=params.train,
        max_length=params.sequences.max_length,
        seed=params.seed,
        events=events_asked(inputs.histories, rows),
    )


def events_asked(histories: Histories, rows: Ints) -> int:
    """Events inside sessions that a history is asked for: fewer the more sessions it has."""
    return ceil(SESSIONS / (1 + later_sessions(histories, rows)) ** 2)


def later_sessions(histories: Histories, rows: Ints) -> float:
    """Sessions of a history after its first, on average over some rows."""
    if not len(rows):
        return 0.0
    begins = np.diff(histories.sessions, prepend=0) != 0
    before = np.concatenate([[0], np.cumsum(begins)])
    first, stop = histories.offsets[rows] + 1, histories.offsets[rows + 1]
    return float((before[stop] - before[first]).mean())


@dataclass(frozen=True)
class Content:
    """What is said of vacancies: codes of each column (0: none), tokens, salaries, text vectors."""

    code_sizes: tuple[int, ...]
    word_count: int
    has_salary: bool
    text_width: int
    books: str


def config(params: Params, inputs: Inputs) -> HhrecConfig:
    """Write down what the model of these inputs is made of."""
    catalogue = inputs.catalogue
    has_salary = bool(catalogue.salary.any())
    content = Content(
        code_sizes=model_arrays.code_sizes(inputs.books, has_salary=has_salary),
        word_count=inputs.books.token_count if catalogue.words.shape[1] else 0,
        has_salary=has_salary,
        text_width=catalogue.text.shape[1],
        books=inputs.books_hash,
    )
    return model_config(params, len(inputs.share), content)


def model_config(params: Params, trained: int, content: Content) -> HhrecConfig:
    """Write down a model for so many trained items."""
    settings = params.train
    return HhrecConfig(
        backbone=settings.backbone,
        objective=settings.objective,
        hidden_size=settings.hidden_size,
        layers=settings.layers,
        heads=settings.heads,
        dropout=settings.dropout or 0.0,
        history_length=params.sequences.max_length,
        trained=trained,
        code_sizes=content.code_sizes,
        word_count=content.word_count,
        has_salary=content.has_salary,
        text_width=content.text_width,
        id_dropout=settings.id_dropout or 0.0,
        books=content.books,
        neighbours=settings.near_ones(),
        asks=settings.ways()[0],
        feed_width=pretrained_layers.feed_width(params),
    )


def takes_all(settings: TrainParams, trained: int) -> bool:
    """Whether the loss sums over all trained items instead of drawn ones."""
    return settings.loss == "full" or (settings.loss == "auto" and trained <= FULL_UNTIL)


def loss_name(settings: TrainParams, trained: int) -> str:
    """Which loss it is, after `auto`: full, sampled or gbce."""
    if settings.loss == "auto":
        return "full" if takes_all(settings, trained) else "sampled"
    return settings.loss


WITHOUT_EFFECT = {"keep", "tracker", "patience", "save_minutes", "save_steps"}


def fingerprint_of(
    params: Params,
    sequences: Path,
    features: Path,
    vocab: Path,
    origin: Path | None = None,
    *,
    processes: int = 1,
) -> str:
    """Hash what the weights published depend on: parameters that shape or choose them, and files.

    Batches a step count, not who makes them: two processes may go on where one had stopped that
    added up two batches. The precision is not among them: a checkpoint's state says which it is,
    also after `auto`.
    """
    settings = params.train.model_dump(exclude=WITHOUT_EFFECT | {"precision"})
    settings["accumulation"] *= processes
    seen = params.predict.seen.model_dump()
    baseline = params.baseline.model_dump()
    shaping = [params.seed, params.sequences.max_length, seen, settings, baseline]
    digest = hashlib.sha256(json.dumps(shaping, sort_keys=True).encode())
    files = [
        *sorted((sequences / TRAIN).glob("*")),
        *sorted((sequences / VALIDATION).glob("*")),
        *sorted((features / ITEMS_DIR).glob("*")),
        *features.glob(VECTORS),
        vocab,
    ]
    files += [origin / WEIGHTS] if origin else []
    for file in files:
        digest.update(file.name.encode())
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()
