"""Context of labelled rows (histories, train counts, regions) for segments and scoring."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from stages.core import catalogue_rows, table_files, tables
from stages.core.artifact_paths import TRAIN, VACANCIES_FILE
from stages.core.keys import KEYS
from stages.core.schema import HISTORY, TEST_SEQUENCES, VOCAB
from stages.evaluate.scores import Scored, score
from stages.interface.errors import MissingInputError
from stages.params import Params
from stages.scoring.predicted_lists import PredictedLists
from stages.scoring.segments import FACTS, segments

EMPLOYER = "company.id"
SEQUENCES_BY, VOCAB_BY = "hhrec sequences build", "hhrec vocab build"


class RowContext(NamedTuple):
    """What is known about the rows besides their labels."""

    contexts: pl.DataFrame
    train: pl.LazyFrame
    vocab: pl.DataFrame
    facts: pl.DataFrame

    def segments(self, truth: pl.DataFrame) -> pl.DataFrame:
        """Cut the labelled rows: see `stages.scoring.segments.segments`."""
        users = self.train.select("user_id").unique().collect()
        return segments(truth, self.contexts, self.vocab, users=users, facts=self.facts)

    def employers(self) -> pl.DataFrame | None:
        """Give vacancy_id and employer; none where the catalogue does not say so of any vacancy."""
        if EMPLOYER not in self.facts or self.facts[EMPLOYER].null_count() == len(self.facts):
            return None
        return self.facts.select("vacancy_id", employer=EMPLOYER)


def known_rows(
    sequences: Path, part: str, vocab: Path, raw: Path, columns: Sequence[str] = (*TEST_SEQUENCES,)
) -> RowContext:
    """Open contexts, train histories, vocabulary and catalogue; label columns stay closed.

    Args:
        sequences: Directory of contexts and train histories.
        part: Whose contexts.
        vocab: The vocabulary.
        raw: Directory of the catalogue.
        columns: Of the contexts, those that are needed.
    """
    contexts = tables.scan(sequences / part, TEST_SEQUENCES, made_by=SEQUENCES_BY)
    return RowContext(
        contexts.select(columns).collect(),
        tables.scan(sequences / TRAIN, HISTORY, made_by=SEQUENCES_BY),
        tables.scan(vocab, VOCAB, made_by=VOCAB_BY).collect(),
        catalogue(raw),
    )


def catalogue(raw: Path) -> pl.DataFrame:
    """Region, schedule and employer of each vacancy of RAW/vacancies.parquet, as far as it has them."""
    file = raw / VACANCIES_FILE
    if not file.is_file():
        return pl.DataFrame(schema={"vacancy_id": pl.String})
    there = table_files.parquet_schema(file)
    columns = [
        pl.col(name).cast(pl.String) for name in (*FACTS.values(), EMPLOYER) if name in there
    ]
    found = catalogue_rows.first_rows(file, columns)
    return found.rename({catalogue_rows.KEY: "vacancy_id"})


def familiar(
    truth: pl.DataFrame, sequences: Path, part: str, vocab: Path, raw: Path
) -> tuple[RowContext | None, list[str]]:
    """Open what is known of the rows; none, with a remark, where it is absent or of other rows."""
    try:
        known = known_rows(sequences, part, vocab, raw, (*KEYS, "items"))
    except MissingInputError as error:
        return None, [f"no segments, no coverage: {error.message}"]
    if truth.join(known.contexts, on=KEYS, how="semi").is_empty():
        where = sequences / part
        return None, [f"no segments, no coverage: none of the labelled rows is in {where}"]
    return known, []


def scored(
    params: Params,
    truth: pl.DataFrame,
    predictions: PredictedLists,
    known: RowContext | None,
    cuts: pl.DataFrame | None,
) -> Scored:
    """Score one set of predictions; segments and coverage only where the rows are known."""
    return score(
        truth,
        predictions,
        cuts=cuts,
        catalogue=None if known is None else known.vocab["vacancy_id"],
        employers=None if known is None else known.employers(),
        resamples=params.evaluate.bootstrap,
        seed=params.seed,
    )
