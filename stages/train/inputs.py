"""Inputs of training: vocabulary, catalogue, histories on disk, validation rows."""

from dataclasses import dataclass
from functools import partial
from math import ceil
from pathlib import Path

import numpy as np
import polars as pl
import torch
from accelerate import Accelerator

from stages.bert4rec.examples.histories import Histories, Ints
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.retrieval.cooccurrence import Neighbours, nobody
from stages.core import outputs, tables
from stages.core.artifact_paths import BOOKS_DIR, ITEMS_DIR, TRAIN, VALIDATION
from stages.core.model_files import NEIGHBOURS
from stages.core.schema import VALIDATION_SEQUENCES, VOCAB
from stages.features.codebooks import CodeBooks, books_hash, load_books
from stages.interface.errors import HhrecError
from stages.interface.stage_report import Progress, silent
from stages.loaders import model_arrays, neighbour_files
from stages.params import Params
from stages.train import validation_rows
from stages.train.batch_maker import SESSIONS
from stages.train.dataset import TrainingData

STORE = "store"  # of histories, in the checkpoints


@dataclass(frozen=True)
class Inputs:
    """All that training reads."""

    histories: Histories
    users: Ints  # rows of the histories in order of user id
    catalogue: ItemInputs
    share: torch.Tensor
    names: pl.Series  # vacancy ids of the vocabulary by item
    validation: pl.DataFrame  # the rows ranked after an epoch
    books: CodeBooks
    books_hash: str


def read(
    params: Params,
    accelerator: Accelerator,
    sequences: Path,
    features: Path,
    vocab: Path,
    checkpoints: Path,
    progress: Progress = silent,
) -> Inputs:
    """Read the vocabulary, the catalogue and the histories.

    The histories, and the tables of which vacancies follow which in them, stay on disk.
    """
    counts = tables.scan(vocab, VOCAB, made_by="hhrec vocab build").filter("trained").sort("item")
    trained = counts.select("vacancy_id", "count").collect()
    count = trained["count"].to_numpy().astype(np.float64)
    flat, train = checkpoints / STORE, sequences / TRAIN
    if accelerator.is_main_process:
        with outputs.mended(checkpoints):
            for scrap in (*checkpoints.glob(".*.part"), *checkpoints.glob(".*.old")):
                tables.remove(scrap)  # what a killed run left half written
            progress(0, 1, "histories written to be mapped into memory")
            model_arrays.write_store(train, flat)
    accelerator.wait_for_everyone()
    validation = tables.scan(
        sequences / VALIDATION, VALIDATION_SEQUENCES, made_by="hhrec sequences build"
    )
    histories, users = model_arrays.open_store(flat)
    shared = partial(_shared, checkpoints / NEIGHBOURS, train, histories, accelerator, progress)
    return Inputs(
        histories=histories,
        users=users,
        catalogue=model_arrays.catalogue(
            features / ITEMS_DIR,
            train,
            histories,
            neighbours=shared if params.train.near_ones() else nobody,
        ).to(accelerator.device),
        share=torch.from_numpy((count / max(count.sum(), 1)).astype(np.float32)).to(
            accelerator.device
        ),
        names=trained["vacancy_id"],
        validation=validation_rows.chosen(
            validation, params.train.validation_rows, params.seed
        ).collect(),
        books=load_books(features / BOOKS_DIR),
        books_hash=books_hash(features / BOOKS_DIR),
    )


def _shared(
    folder: Path,
    train: Path,
    histories: Histories,
    accelerator: Accelerator,
    progress: Progress,
    count: int,
) -> Neighbours:
    """Tables of neighbours, counted by one process and mapped into memory by all.

    Raises:
        HhrecError: They are not there although they were written.
    """
    key = neighbour_files.key_of(train, count)
    if accelerator.is_main_process:
        with outputs.mended(folder):
            neighbour_files.counted(folder, histories, count, key, progress)
    accelerator.wait_for_everyone()
    found = neighbour_files.opened(folder, key, past=True)
    if found is None:
        raise HhrecError(
            f"{folder}: expected the tables of neighbours that the main process wrote",
            "let all processes see one --checkpoints directory",
        )
    return found


def make_task(params: Params, inputs: Inputs) -> TrainingData:
    """Choose the rows that are long enough and say how to train on them."""
    lengths = inputs.histories.lengths()
    rows = inputs.users[lengths[inputs.users] >= params.train.min_length]
    return TrainingData(
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
