"""Item-kNN: vacancies that other people went on to after the vacancies of this user's history.

Source: Deshpande and Karypis, "Item-Based Top-N Recommendation Algorithms", TOIS 2004, with pairs
that count less the farther apart they are, as in Ludewig and Jannach, "Evaluation of Session-based
Recommendation Algorithms", UMUAI 2018 (sequential rules with decay).
"""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy import sparse  # type: ignore[import-untyped]

from stages.baselines.candidate_source import CandidateSource, item_space, no_items, ranked
from stages.baselines.interactions import touches
from stages.core.cooccurrence import Floats, Ints, Norms, Pairing, Touches, beside, followers
from stages.params import ItemKnnParams, Params

ROWS = 1_000  # rows scored at once: their scores are some millions


def learn(*, train: pl.LazyFrame, vocab: pl.DataFrame, params: Params) -> CandidateSource:
    """Learn each item's neighbours: see `neighbours` and `score`."""
    given = params.baseline.item_knn
    histories = train.select("user_id", "items", "actions", "sessions").sort("user_id").collect()
    known = arrays(touches(histories, given.weights))
    return partial(score, neighbours(known, item_space(vocab), given), given)


class Owned(NamedTuple):
    """Items that owners touched, one owner's side by side, in order; all (n,)."""

    owner: Ints
    item: Ints
    weight: Floats


def arrays(touched: pl.DataFrame) -> Owned:
    """Take the columns of `stages.baselines.interactions.touches` as arrays."""
    return Owned(*(touched[name].to_numpy() for name in ("row", "item", "weight")))


def neighbours(known: Owned, size: int, given: ItemKnnParams) -> Any:
    """Similarity of what comes next to what was there: a CSR matrix of shape (size, size).

    Line i holds the `given.neighbours` items j that are the most similar to i, ties by item:

        sum over users with i and j at most `window` touches apart, being d touches apart:
            weight(j) d ** -distance touches(user) ** -activity
            (times `backward` where j was touched before i)
        over (users(i) + shrink) ** source_norm (users(j) + shrink) ** target_norm
    """
    touched_by = np.bincount(known.item, minlength=size)
    users = np.maximum(touched_by + given.shrink, 1.0)
    activity = np.bincount(known.owner)[known.owner].astype(np.float64)
    weight = known.weight * activity**-given.activity
    worth = np.array([step**-given.distance for step in range(1, given.window + 1)])
    norm = Norms(users**given.source_norm, users**given.target_norm)
    before, after = beside(known.owner, given.window)
    touched = Touches(known.item, before, after, weight=weight)
    return followers(touched, Pairing(worth, given.backward), [norm], given.neighbours)[0]


def score(
    table: Any, given: ItemKnnParams, rows: pl.DataFrame, gone: pl.DataFrame, k: int
) -> pl.DataFrame:
    """Add up the neighbours of a row's newest items: see `stages.baselines.candidate_source.Shelf`.

    An item after which the row touched `a` others, in a session `s` before the newest, passes on
    its similarities times weight (1 + a) ** -recency session_recency ** s.
    """
    found = [no_items()]
    for start in range(0, rows.height, ROWS):
        piece = rows.slice(start, ROWS)
        known = recent(piece, given)
        query = (known.weight, (known.owner, known.item))
        scores = (sparse.csr_matrix(query, shape=(piece.height, table.shape[0])) @ table).tocoo()
        found.append(ranked(scores.row + start, scores.col, scores.data, gone, k))
    return pl.concat(found)


def recent(rows: pl.DataFrame, given: ItemKnnParams) -> Owned:
    """The newest `given.history` items of each row and what each passes on."""
    age = pl.int_range(pl.len(), dtype=pl.Int64).reverse().over("row")
    sessions = (pl.col("session").max().over("row") - pl.col("session")).cast(pl.Float64)
    decay = (1.0 + age) ** -given.recency * given.session_recency**sessions
    known = touches(rows, given.weights).with_columns(weight=pl.col("weight") * decay, age=age)
    return arrays(known.filter(pl.col("age") < given.history))
