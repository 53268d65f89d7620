"""Predict: the k vacancies each row's user will most likely respond to next, best first."""

from pathlib import Path

import numpy as np
import polars as pl
import torch
from safetensors import SafetensorError

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.network.item_tower import Catalogue
from stages.bert4rec.network.model import HhrecModel
from stages.bert4rec.ranking.ranker import Ranker
from stages.calibration import candidate_table, heuristics
from stages.calibration.recommender_choice import AS_TRAINED, Answers, answers
from stages.core import calibration_file, model_files, tables
from stages.core.artifact_paths import BOOKS_DIR, ITEMS_DIR, TRAIN
from stages.core.item_ids import FIRST_ITEM
from stages.core.keys import KEYS
from stages.core.schema import HISTORY, PREDICTIONS, VOCAB
from stages.features.codebooks import books_hash
from stages.interface.errors import HhrecError
from stages.interface.quiet_libraries import quieten
from stages.interface.stage_report import Progress, silent
from stages.loaders import model_arrays
from stages.loaders.rank_queries import asked_rows
from stages.params import Params
from stages.predict import eligibility
from stages.predict.report import PredictReport
from stages.seen_policy import rules


def run(
    params: Params,
    *,
    model: Path,
    sequences: Path,
    features: Path,
    vocab: Path,
    out: Path,
    part: str = "test",
    allow: Path | None = None,
    progress: Progress = silent,
) -> PredictReport:
    """Rank the candidates for every row of a part.

    Raises:
        MissingInputError: The model, a table or the allow-list is not there.
        HhrecError: The model was trained with other books than the features were made with, or the
            allow-list has no vacancy of the vocabulary.
    """
    quieten()
    network = load_model(model)
    check_books(network, model, features)
    rows = tables.scan(
        sequences / part, model_arrays.schema_of(part), made_by="hhrec sequences build"
    ).collect()
    catalogue = model_arrays.catalogue(
        features / ITEMS_DIR,
        sequences / TRAIN,
        neighbours=network.config.neighbours > 0,
    )
    names = tables.scan(vocab, VOCAB, made_by="hhrec vocab build").sort("item").collect()
    check_rows(catalogue, names, features, vocab)
    model_files.check_names(model, names, vocab)
    allowed, unknown = None, 0
    if allow:
        allowed, unknown = eligibility.allowed_items(eligibility.read_allowed(allow), names, allow)
    active = None
    if params.predict.candidates == "active":
        days = params.predict.days()
        active = eligibility.activity(sequences / TRAIN, rows, len(catalogue), days)
    found = calibration_file.read(model)
    ranker = Ranker(
        network,
        catalogue,
        k=min(max(params.predict.k, candidate_table.FIRST if found else 0), len(names)),
        batch_rows=params.predict.batch_rows,
        precision=params.predict.precision,
        allowed=None if allowed is None else torch.from_numpy(allowed),
        activity=active,
        with_parts=found is not None,
    )
    if found:
        train = tables.scan(sequences / TRAIN, HISTORY, made_by="hhrec sequences build")
        answered = answers(
            params,
            ranker,
            rows,
            found,
            heuristics.learn(found.heuristics, train=train, vocab=names, params=params),
            held_out=part == "validation",
            restricted=bool(allow or active),
            progress=progress,
        )
    else:
        answered = rank_rows(params, ranker, rows, progress)
    write(rows, answered.lists, names, out)
    counts = (answered.lists > 0).sum(axis=1)
    return PredictReport(
        part=part,
        rows=len(rows),
        empty_contexts=int((rows["items"].list.len() == 0).sum()),
        catalogue=len(names),
        candidates=max(answered.pools, default=0),
        candidates_fewest=min(answered.pools, default=0),
        allow_unknown=unknown,
        fewest=int(counts.min()) if len(counts) else 0,
        most=int(counts.max(initial=0)),
        answered_by=answered.by,
        seen=answered.seen.model_dump(),
    )


def load_model(path: Path) -> HhrecModel:
    """Load a trained model from its directory."""
    model_files.require(path)
    try:
        return HhrecModel.read(path)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise HhrecError(f"{path}: not a readable model ({error})", "run `hhrec train`") from error


def check_books(model: HhrecModel, path: Path, features: Path) -> None:
    """Refuse features that were encoded with other books than the model's."""
    found = books_hash(features / BOOKS_DIR)
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


def rank_rows(params: Params, ranker: Ranker, rows: pl.DataFrame, progress: Progress) -> Answers:
    """Rank all rows by the model as it was trained: nothing was held out to calibrate it on."""
    policy = rules.fixed(params.predict.seen)
    asked = asked_rows(rows, params.sequences.max_length, policy)
    ranked = np.zeros((len(rows), ranker.k), dtype=np.int32)
    pools, done = [], 0
    for batch in ranker.rank(asked.rows):
        ranked[batch.rows] = batch.items.cpu().numpy()
        pools.append(batch.candidates)
        done += len(batch.rows)
        progress(done, len(rows))
    return Answers(asked.arranged(ranked), pools, {AS_TRAINED: len(rows)}, policy)


def write(rows: pl.DataFrame, ranked: Ints, names: pl.DataFrame, out: Path) -> None:
    """Write predictions with vacancy ids, in the contest's format.

    Args:
        rows: The rows ranked, R.
        ranked: Item ids, best first, 0 behind the last, (R, k).
        names: The vocabulary, by item.
        out: The file.
    """
    ids = names["vacancy_id"].gather(ranked[ranked > 0] - FIRST_ITEM)
    counts = (ranked > 0).sum(axis=1)
    lists = pl.DataFrame({"row": np.repeat(np.arange(len(rows)), counts), "predictions": ids})
    frame = (
        rows.select(KEYS)
        .with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64))
        .join(
            lists.group_by("row", maintain_order=True).all(),
            on="row",
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.col("predictions").fill_null([]))
    )
    tables.write(frame, out, PREDICTIONS)
