"""Validation during training: rank the catalogue for the validation rows and calibrate on them."""

from dataclasses import dataclass
from typing import TypeVar

import polars as pl
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list, gather_object

from stages.asked import asked_rows
from stages.bert4rec.items import Catalogue
from stages.bert4rec.model import HhrecModel
from stages.bert4rec.ranking import Ranker
from stages.calibration import heuristics, table
from stages.calibration.fitting import Fitted, fitted
from stages.calibration.heuristics import Heuristics, Ranks
from stages.conditional_logit import Floats
from stages.params import Params
from stages.seen_choice import KEEP

K = 100
T = TypeVar("T")


@dataclass(frozen=True)
class Validation:
    """The validation rows and what the plain recommenders say of them.

    Attributes:
        params: All parameters.
        rows: `schema.VALIDATION_SEQUENCES`.
        names: Plain recommenders.
        ranks: What they say.
        counts: Train events by item id, (N,).
        learned: They themselves, on the main process.
    """

    params: Params
    rows: pl.DataFrame
    names: tuple[str, ...]
    ranks: Ranks
    counts: Floats
    learned: Heuristics | None

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def fitted(self, model: HhrecModel, catalogue: Catalogue, accelerator: Accelerator) -> Fitted:
        """Rank the rows by the model as it stands, and fit the weights of all parts on them.

        Each process ranks every n-th batch; batches are the same for any number of processes, and
        the main process fits.
        """
        found = joined_tables(self.tables(model, catalogue, accelerator), self.names)
        start = table.start(self.names)
        result = None
        if accelerator.is_main_process:
            result = fitted(found, self.rows, start, self.params.predict.seen, K)
        return shared(result, accelerator)

    def tables(
        self, model: HhrecModel, catalogue: Catalogue, accelerator: Accelerator
    ) -> list[table.Table]:
        """Candidates of all rows, by batch, from all processes."""
        model.eval()
        given = self.params.predict
        ranker = Ranker(
            model,
            catalogue,
            k=table.FIRST,
            batch_rows=given.batch_rows,
            precision=given.precision,
            with_parts=True,
        )
        asked = asked_rows(self.rows, self.params.sequences.max_length, KEEP)
        share = accelerator.process_index, accelerator.num_processes
        parts = table.tables(ranker, asked.rows, self.ranks, self.counts, share)
        found = [made for _, made in parts]
        if accelerator.num_processes == 1:
            return found
        gathered: list[table.Table] = gather_object(found)
        return gathered


def joined_tables(found: list[table.Table], names: tuple[str, ...]) -> table.Table:
    """Put batches together."""
    return table.joined(found, len(table.names(names)))


def shared(value: T | None, accelerator: Accelerator) -> T:
    """Hand the main process's value to all."""
    box = [value]
    if accelerator.num_processes > 1:
        broadcast_object_list(box)
    assert box[0] is not None  # noqa: S101  the main process has one
    return box[0]


def prepared(
    params: Params,
    rows: pl.DataFrame,
    *,
    train: pl.LazyFrame,
    vocab: pl.DataFrame,
    accelerator: Accelerator,
) -> Validation:
    """Learn the plain recommenders, once for all processes, and ask them about the rows."""
    learned, told = None, None
    if accelerator.is_main_process:
        names = heuristics.affordable(train) if len(rows) else ()
        learned = heuristics.learn(names, train=train, vocab=vocab, params=params)
        told = (names, learned.ranks(rows), learned.counts)
    names, ranks, counts = shared(told, accelerator)
    return Validation(params, rows, names, ranks, counts, learned)
