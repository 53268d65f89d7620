"""Predict the k vacancies that each row's user will most likely respond to next, best first."""

from pathlib import Path

import numpy as np
import polars as pl

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.ranking.ranker import Ranker
from stages.calibration.heuristics import Heuristics
from stages.calibration.recommender_choice import AS_TRAINED, ChosenLists, answers
from stages.core import kinds, outputs, tables
from stages.core.item_ids import FIRST_ITEM
from stages.core.keys import KEYS
from stages.core.schema import PREDICTIONS
from stages.interface.stage_report import Progress, silent
from stages.loaders import model_arrays
from stages.loaders.rank_queries import asked_rows
from stages.params import Params
from stages.predict import eligibility
from stages.predict.loaded_model import LoadedModel, check_length, load
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
    made = prepared(params, out, model, part, sequences, features, vocab)
    loaded = load(model=model, sequences=sequences, features=features, vocab=vocab)
    check_length(loaded.network, model, params.sequences.max_length)
    names, allowed, unknown = loaded.names, None, 0
    rows = rows_of(sequences, part)
    if allow:
        allowed, unknown = eligibility.allowed_items(eligibility.read_allowed(allow), names, allow)
    active = None
    if params.predict.candidates == "active":
        days = params.predict.days()
        active = eligibility.activity(loaded.train, rows, len(loaded.catalogue), days)
    answered = rank(
        params,
        loaded,
        loaded.ranker(params, allowed=allowed, activity=active),
        loaded.learned(params),
        rows,
        held_out=part == "validation",
        restricted=bool(allow or active),
        progress=progress,
    )
    with made.replacing() as scratch:
        write(rows, answered.lists, names, scratch)
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


def prepared(
    params: Params,
    out: Path,
    model: Path,
    part: str,
    sequences: Path,
    features: Path,
    vocab: Path,
) -> outputs.Output:
    """Check the place of the predictions, and that what they are made from fits together."""
    return outputs.prepare(
        out,
        kinds.PREDICTIONS,
        inputs={"sequences": sequences, "features": features, "vocab": vocab},
        references={"model": model},
        params=params,
        facts={"part": part},
    )


def rows_of(sequences: Path, part: str) -> pl.DataFrame:
    """Read the rows to rank, by user: in one order whatever the number of buckets."""
    rows = tables.scan(
        sequences / part, model_arrays.schema_of(part), made_by="hhrec sequences build"
    )
    return rows.collect().sort("user_id", maintain_order=True)


def rank(
    params: Params,
    loaded: LoadedModel,
    ranker: Ranker,
    learned: Heuristics | None,
    rows: pl.DataFrame,
    *,
    held_out: bool,
    restricted: bool,
    progress: Progress = silent,
) -> ChosenLists:
    """Rank rows, by the calibration where there is one.

    Args:
        params: `predict` and `sequences.max_length`.
        loaded: The model.
        ranker: Its ranker.
        learned: The recommenders that its calibration asks; None where there is none.
        rows: `schema.TEST_SEQUENCES`.
        held_out: The rows are the validation rows.
        restricted: Only some vacancies are candidates.
        progress: Told how many rows are ranked.
    """
    if loaded.calibration is None or learned is None:
        return rank_rows(params, ranker, rows, progress)
    return answers(
        params,
        ranker,
        rows,
        loaded.calibration,
        learned,
        held_out=held_out,
        restricted=restricted,
        progress=progress,
    )


def rank_rows(
    params: Params, ranker: Ranker, rows: pl.DataFrame, progress: Progress
) -> ChosenLists:
    """Rank all rows by the model as it was trained: nothing was held out to calibrate it on."""
    policy = rules.fixed(params.predict.seen)
    asked = asked_rows(rows, params.sequences.max_length, policy)
    ranked = np.zeros((len(rows), ranker.k), dtype=np.int32)
    scores, pools, done = np.full(ranked.shape, np.nan), [], 0
    for batch in ranker.rank(asked.rows):
        ranked[batch.rows] = batch.items.cpu().numpy()
        scores[batch.rows] = batch.scores.cpu().numpy()
        pools.append(batch.candidates)
        done += len(batch.rows)
        progress(done, len(rows))
    order = asked.order(ranked)
    lists, worth = (np.take_along_axis(part, order, axis=1) for part in (ranked, scores))
    return ChosenLists(lists, worth, pools, {AS_TRAINED: len(rows)}, policy)


def write(rows: pl.DataFrame, ranked: Ints, names: pl.DataFrame, out: Path) -> None:
    """Write predictions with vacancy ids, in the contest's format.

    Args:
        rows: The rows ranked, R.
        ranked: Item ids, best first, 0 behind the last, (R, k).
        names: The vocabulary, by item.
        out: The file, a scratch one.
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
    tables.sink(frame, out, PREDICTIONS, kinds.MARK)
