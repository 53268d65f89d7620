"""What is known about labelled rows besides their labels, and scoring with it."""

from pathlib import Path
from typing import NamedTuple

import polars as pl

from stages import segments, tables
from stages.errors import MissingInputError
from stages.params import Params
from stages.schema import HISTORY, TEST_SEQUENCES, VOCAB
from stages.scoring.cards import Score
from stages.scoring.score import score

SEQUENCES_BY, VOCAB_BY = "hhrec sequences build", "hhrec vocab build"


class Known(NamedTuple):
    """What is known about the rows besides their labels."""

    contexts: pl.DataFrame
    train: pl.LazyFrame
    vocab: pl.DataFrame


def known_rows(sequences: Path, part: str, vocab: Path) -> Known:
    """Open contexts, train histories and vocabulary; label columns stay closed."""
    return Known(
        tables.scan(sequences / part, TEST_SEQUENCES, made_by=SEQUENCES_BY).collect(),
        tables.scan(sequences / "train", HISTORY, made_by=SEQUENCES_BY),
        tables.scan(vocab, VOCAB, made_by=VOCAB_BY).collect(),
    )


def familiar(
    truth: pl.DataFrame, sequences: Path, part: str, vocab: Path
) -> tuple[Known | None, list[str]]:
    """Open what is known of the rows; none, with a remark, where it is absent or of other rows."""
    try:
        known = known_rows(sequences, part, vocab)
    except MissingInputError as error:
        return None, [f"no segments, no coverage: {error.message}"]
    if truth.join(known.contexts, on=segments.KEYS, how="semi").is_empty():
        where = sequences / part
        return None, [f"no segments, no coverage: none of the labelled rows is in {where}"]
    return known, []


def scored(
    params: Params, truth: pl.DataFrame, predictions: pl.DataFrame, known: Known | None
) -> Score:
    """Score one table of predictions; segments and coverage only where the rows are known."""
    return score(
        truth,
        predictions,
        targets=None if known is None else segments.targets(truth, known.contexts, known.vocab),
        catalogue=None if known is None else known.vocab["vacancy_id"],
        resamples=params.evaluate.bootstrap,
        seed=params.seed,
    )
