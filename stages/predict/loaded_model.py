"""A trained model in memory, with all that ranking needs beside its weights."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import torch
from safetensors import SafetensorError

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.model import HhrecModel
from stages.bert4rec.ranking.item_index import ItemMatrix
from stages.bert4rec.ranking.ranked import Activity
from stages.bert4rec.ranking.ranker import Ranker
from stages.bert4rec.retrieval.cooccurrence import nobody
from stages.calibration import candidate_table, heuristics
from stages.calibration.heuristics import Heuristics
from stages.core import calibration_file, model_files, tables
from stages.core.artifact_paths import BOOKS_DIR, ITEMS_DIR, TRAIN
from stages.core.calibration_file import Calibration
from stages.core.item_ids import FIRST_ITEM
from stages.core.schema import HISTORY, VOCAB
from stages.features.codebooks import books_hash
from stages.interface import failures
from stages.interface.errors import HhrecError
from stages.interface.quiet_libraries import quieten
from stages.interface.stage_report import Progress, silent
from stages.loaders import model_arrays, neighbour_files
from stages.params import Params
from stages.predict import eligibility

CPU = torch.device("cpu")
UNREADABLE = (
    *(OSError, ValueError, RuntimeError, SafetensorError),
    *(TypeError, AttributeError, KeyError),  # a config.json of another shape
)


@dataclass(frozen=True)
class LoadedModel:
    """A model and the tables it was trained beside.

    Attributes:
        network: In eval mode.
        catalogue: What is known of the vacancies.
        names: The vocabulary, sorted by item.
        train: `sequences/train`: the events that are known.
        calibration: What validation rows chose; None where nothing was held out.
        days: Items of train events and the day of each, where they are at hand; else `train` is read.
    """

    network: HhrecModel
    catalogue: ItemInputs
    names: pl.DataFrame
    train: Path
    calibration: Calibration | None
    days: tuple[Ints, Ints] | None = None

    def activity(self, params: Params) -> eligibility.Activity:
        """Find on which days vacancies were met in train."""
        count, window = len(self.catalogue), params.predict.days()
        if self.days is None:
            return eligibility.of_train(self.train, count, window)
        return eligibility.Activity(*self.days, count, window)

    def ranker(
        self,
        params: Params,
        *,
        allowed: np.ndarray | None = None,
        activity: Activity | None = None,
        groups: Sequence[Ints] = (),
        matrix: ItemMatrix | None = None,
    ) -> Ranker:
        """Compute the vectors of all vacancies, or of those allowed, (N,) bool; see `Ranker`."""
        return Ranker(
            self.network,
            self.catalogue,
            k=self.wanted(params.predict.k),
            batch_rows=params.predict.batch_rows,
            precision=params.predict.precision,
            allowed=None if allowed is None else torch.from_numpy(allowed),
            activity=activity,
            groups=groups,
            matrix=matrix,
            with_parts=self.calibration is not None,
        )

    def wanted(self, k: int) -> int:
        """Candidates that the ranker has to find for k recommendations."""
        return min(max(k, candidate_table.FIRST if self.calibration else 0), len(self.names))

    def learned(self, params: Params) -> Heuristics | None:
        """Learn the plain recommenders that the calibration asks; None without one."""
        if self.calibration is None:
            return None
        train = tables.scan(self.train, HISTORY, made_by="hhrec sequences build")
        names = self.calibration.heuristics
        return heuristics.learn(names, train=train, vocab=self.names, params=params)


def load(
    *,
    model: Path,
    sequences: Path,
    features: Path,
    vocab: Path,
    where: torch.device | None = None,
    progress: Progress = silent,
) -> LoadedModel:
    """Load a model with the features, histories and vocabulary of its vacancies.

    Args:
        model: Directory of the model.
        sequences: Histories.
        features: Features of the vacancies.
        vocab: Their item ids.
        where: Device that holds the model and its vacancies; `device()` if not given.
        progress: Told how far neighbours are counted, where none of these histories are beside it.

    Raises:
        MissingInputError: The model or a table is not there.
        HhrecError: They do not belong together.
    """
    quieten()
    network = load_model(model)
    check_books(network, model, features)
    train = sequences / TRAIN
    of_model = partial(neighbour_files.of_model, model, train, progress=progress)
    known = of_model if network.config.neighbours else nobody
    catalogue = model_arrays.catalogue(features / ITEMS_DIR, train, neighbours=known)
    names = tables.scan(vocab, VOCAB, made_by="hhrec vocab build").sort("item").collect()
    check_rows(catalogue, names, features, vocab)
    model_files.check_names(model, names, vocab)
    found = calibration_file.read(model)
    where = where or device()
    return LoadedModel(network.to(where), catalogue.to(where), names, train, found)


def device() -> torch.device:
    """Where to rank: the GPU that Accelerate gives this process, or the CPU."""
    if not torch.cuda.is_available():
        return CPU
    from accelerate import PartialState  # noqa: PLC0415  a second that a CPU does without

    return PartialState().device


def load_model(path: Path) -> HhrecModel:
    """Load a trained model from its directory."""
    model_files.require(path)
    try:
        return HhrecModel.read(path)
    except UNREADABLE as error:
        told = failures.short(error)
        raise HhrecError(f"{path}: not a readable model ({told})", "run `hhrec train`") from error


def check_books(model: HhrecModel, path: Path, features: Path) -> None:
    """Refuse features that were encoded with other books than the model's."""
    found = books_hash(features / BOOKS_DIR)
    if found != model.config.books:  # which holds the hash of the text model, too
        raise HhrecError(
            f"{features}/books: hash {found[:12]}, but {path} was trained with {model.config.books[:12]}",
            "encode with the model's books: hhrec features build --books DIR, or train anew",
        )


def check_length(model: HhrecModel, path: Path, longest: int) -> None:
    """Refuse contexts of another length than the model has learnt to read."""
    if longest != model.config.history_length:
        raise HhrecError(
            f"sequences.max_length: {longest}, but {path} was trained with "
            f"{model.config.history_length}",
            f"--set sequences.max_length={model.config.history_length}, or train anew",
        )


def check_rows(catalogue: ItemInputs, names: pl.DataFrame, features: Path, vocab: Path) -> None:
    """Refuse features and a vocabulary that do not describe the same vacancies."""
    if len(catalogue) != len(names) + FIRST_ITEM:
        raise HhrecError(
            f"{features}: {len(catalogue) - FIRST_ITEM} vacancies, but {vocab} has {len(names)}",
            "run `hhrec features build`",
        )
