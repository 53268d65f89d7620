"""Predict: the k vacancies each row's user will most likely respond to next, best first."""

from pathlib import Path

import numpy as np
import polars as pl
import torch
from safetensors import SafetensorError

from stages import store, tables
from stages.bert4rec import batches, ranking
from stages.bert4rec.histories import window
from stages.bert4rec.items import Catalogue
from stages.bert4rec.model import HhrecModel
from stages.bert4rec.quiet import quieten
from stages.bert4rec.tokens import FIRST_ITEM
from stages.books import books_hash
from stages.errors import HhrecError, MissingInputError
from stages.params import Params
from stages.report import Progress, Report, silent
from stages.schema import PREDICTIONS, VOCAB
from stages.seen import fates
from stages.training.sidecar import check_names

TOKENS_PER_ROW = 8  # a ranking batch holds batch_rows rows of this length, fewer of longer ones


class PredictReport(Report):
    """How many rows were ranked over how many candidates."""

    part: str
    rows: int
    empty_contexts: int
    candidates: int
    fewest: int
    most: int


def run(
    params: Params,
    *,
    model: Path,
    sequences: Path,
    features: Path,
    vocab: Path,
    out: Path,
    part: str = "test",
    progress: Progress = silent,
) -> PredictReport:
    """Rank the whole catalogue for every row of a part.

    Raises:
        MissingInputError: The model or a table is not there.
        HhrecError: The model was trained with other books than the features were made with.
    """
    quieten()
    ranker = load_model(model)
    check_books(ranker, model, features)
    catalogue = store.catalogue(features / "items", sequences / "train")
    names = tables.scan(vocab, VOCAB, made_by="hhrec vocab build").sort("item").collect()
    check_rows(catalogue, names, features, vocab)
    check_names(model, names, vocab)
    rows = tables.scan(
        sequences / part, store.schema_of(part), made_by="hhrec sequences build"
    ).collect()
    items, counts = rank_rows(params, ranker, catalogue, rows, progress)
    write(rows, items, counts, names, out)
    return PredictReport(
        part=part,
        rows=len(rows),
        empty_contexts=int((rows["items"].list.len() == 0).sum()),
        candidates=len(names),
        fewest=int(counts.min(initial=0)) if not len(counts) else int(counts.min()),
        most=int(counts.max(initial=0)),
    )


def load_model(path: Path) -> HhrecModel:
    """Load a trained model from its directory."""
    if not (path / "config.json").is_file() or not (path / "model.safetensors").is_file():
        raise MissingInputError(
            f"{path}: expected config.json and model.safetensors there", "run `hhrec train`"
        )
    try:
        loaded = HhrecModel.from_pretrained(path)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise HhrecError(f"{path}: not a readable model ({error})", "run `hhrec train`") from error
    return loaded.eval()


def check_books(model: HhrecModel, path: Path, features: Path) -> None:
    """Refuse features that were encoded with other books than the model's."""
    found = books_hash(features / "books")
    if found != model.config.books:  # which holds the hash of the text model, too
        raise HhrecError(
            f"{features}/books: hash {found[:12]}, but {path} was trained with {model.config.books[:12]}",
            "encode with the model's books: hhrec features build --books DIR, or train anew",
        )


def check_rows(catalogue: Catalogue, names: pl.DataFrame, features: Path, vocab: Path) -> None:
    """Refuse features and a vocabulary that do not describe the same vacancies."""
    if len(catalogue) != len(names) + FIRST_ITEM:
        raise HhrecError(
            f"{features}: {len(catalogue) - FIRST_ITEM} vacancies, but {vocab} has {len(names)}",
            "run `hhrec features build`",
        )


def rank_rows(
    params: Params, model: HhrecModel, catalogue: Catalogue, rows: pl.DataFrame, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """Rank for each row: item ids (R, k), 0 where candidates ran out, and how many there are, (R,)."""
    histories = store.histories(rows)
    settings, max_length = params.predict, params.sequences.max_length
    matrix = ranking.item_matrix(model, catalogue)
    asked_at = store.moments(rows)
    k = min(settings.k, len(catalogue) - FIRST_ITEM)
    ranked = np.zeros((len(rows), k), dtype=np.int64)
    lengths = np.minimum(histories.lengths(), max_length)
    plan = batches.in_order(lengths, settings.batch_rows * TOKENS_PER_ROW)
    done = 0
    for part in plan:
        last, hidden = seen(rows, part, params)
        asked = ranking.question(
            window(histories, part, max_length), model.config.objective, asked_at[part]
        )
        items, scores = ranking.rank(model, catalogue, matrix, asked, k, hidden)
        items = torch.where(scores > ranking.NEVER, items, 0)
        ranked[part] = to_the_end(items, last).numpy()
        done += len(part)
        progress(done, len(rows))
    return ranked, (ranked > 0).sum(axis=1)


def seen(rows: pl.DataFrame, part: np.ndarray, params: Params) -> tuple[torch.Tensor, torch.Tensor]:
    """Items of the rows' whole contexts that go last or are hidden, padded with 0: 2 x (B, S)."""
    chosen = [
        fates(
            rows["items"][int(row)].to_numpy(),
            rows["actions"][int(row)].to_numpy(),
            params.predict.seen,
        )
        for row in part
    ]
    return _pad([last for last, _ in chosen]), _pad([hidden for _, hidden in chosen])


def to_the_end(items: torch.Tensor, last: torch.Tensor) -> torch.Tensor:
    """Move `last` items, and empty places behind them, to the end of their rows, order kept."""
    place = (items[..., None] == last[:, None]).any(-1).to(torch.int8)
    place = torch.where(items == 0, 2, place)
    return items.gather(1, place.sort(dim=1, stable=True).indices)


def write(
    rows: pl.DataFrame, items: np.ndarray, counts: np.ndarray, names: pl.DataFrame, out: Path
) -> None:
    """Write predictions with vacancy ids, in the contest's format."""
    ids = names["vacancy_id"].gather(items[items > 0] - FIRST_ITEM)
    owner = pl.Series("row", np.repeat(np.arange(len(rows)), counts))
    lists = (
        pl.DataFrame({"row": owner, "predictions": ids}).group_by("row", maintain_order=True).all()
    )
    frame = (
        rows.select("user_id", "session_id")
        .with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64))
        .join(lists, on="row", how="left", maintain_order="left")
        .with_columns(pl.col("predictions").fill_null([]))
    )
    tables.write(frame, out, PREDICTIONS)


def _pad(lists: list[np.ndarray]) -> torch.Tensor:
    width = max((len(values) for values in lists), default=0)
    table = torch.zeros(len(lists), width, dtype=torch.int64)
    for row, values in enumerate(lists):
        table[row, : len(values)] = torch.from_numpy(np.asarray(values, dtype=np.int64))
    return table
