"""ALS: matrix factorisation of implicit feedback, the usual first model for such logs.

Source: Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008,
as the library `implicit` computes it.
"""

from typing import Any, NamedTuple

import numpy as np
import polars as pl
from implicit.cpu.als import AlternatingLeastSquares  # type: ignore[import-untyped]
from implicit.cpu.topk import topk  # type: ignore[import-untyped]
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from stages.baselines.candidate_source import no_items, ranked
from stages.baselines.interactions import touches
from stages.core.seeds import derive
from stages.params import AlsParams, Params

ABSENT = -1e30  # `topk` scores below that what it was told to leave out
SPARE = 32  # items found beside those wanted: float32 sums near the end of a list are not exact
ROWS = 256  # scored in float64 at once


def learn(*, train: pl.LazyFrame, vocab: pl.DataFrame, params: Params) -> "Als":
    """Factorise users x items; see `Als`. Equal for equal seed, whatever the number of threads."""
    del vocab
    given = params.baseline.als
    histories = train.select("user_id", "items", "actions", "sessions").sort("user_id").collect()
    known = touches(histories, given.weights)
    items = known["item"].unique().sort().to_numpy()
    shelf = Als(model_of(params), items, given)
    if len(items):
        confidences = shelf.confidences(known, histories.height)
        del histories, known
        with threadpool_limits(1, "blas"):  # faster, and sums that do not depend on threads
            shelf.model.fit(confidences, show_progress=False)
    return shelf


def model_of(params: Params) -> Any:
    """Make a model that has learned nothing yet."""
    given, seed = params.baseline.als, derive(params.seed, "baseline", "als")
    with threadpool_limits(1, "blas"):  # implicit warns of more
        return AlternatingLeastSquares(
            factors=given.factors,
            regularization=given.regularization,
            iterations=given.iterations,
            random_state=seed,
        )


class Als(NamedTuple):
    """Factors of the train items; a row's factors are solved from its own context."""

    model: Any
    """`implicit.cpu.als.AlternatingLeastSquares`, fitted where there are items."""
    items: NDArray[np.int32]
    """Item of each line of the item factors, ascending; shape (items,)."""
    given: AlsParams

    def confidences(self, touched: pl.DataFrame, rows: int) -> Any:
        """1 + alpha weight of each row's known items, of their `touches`: CSR of shape (rows, items)."""
        confidence = 1 + self.given.alpha * pl.col("weight")
        return self._matrix(touched.with_columns(confidence=confidence), rows, "confidence")

    def _matrix(self, cells: pl.DataFrame, height: int, value: str) -> Any:
        item = cells["item"].to_numpy()
        places = np.minimum(np.searchsorted(self.items, item), len(self.items) - 1)
        known = self.items[places] == item
        values = cells[value].to_numpy().astype(np.float32)[known]
        row, shape = cells["row"].to_numpy()[known], (height, len(self.items))
        return sparse.csr_matrix((values, (row, places[known])), shape=shape)

    def __call__(self, rows: pl.DataFrame, gone: pl.DataFrame, k: int) -> pl.DataFrame:
        """Give the items of the greatest products with the row's factors: see `stages.baselines.candidate_source.Shelf`.

        Rows without a known item have no factors and get nothing.
        """
        if not len(self.items):
            return no_items()
        known = self.confidences(touches(rows, self.given.weights), rows.height)
        asked = np.flatnonzero(np.diff(known.indptr))
        if not len(asked):
            return no_items()
        hidden = self._matrix(gone.with_columns(value=1.0), rows.height, "value")[asked]
        with threadpool_limits(1, "blas"):
            users = self.model.recalculate_user(asked, known[asked])
            most = min(k + SPARE, len(self.items))
            places, rough = topk(self.model.item_factors, users, most, filter_query_items=hidden)
        line, column = np.nonzero(rough > ABSENT)
        scores = self.exact(users, places)[line, column]
        return ranked(asked[line], self.items[places[line, column]], scores, gone, k)

    def exact(self, users: NDArray[Any], places: NDArray[Any]) -> NDArray[np.float64]:
        """Products of the factors of rows (R, F) and of their items (R, n) in float64, (R, n).

        Those of float32 differ in their last bits with the rows that they are computed with, and
        with them the order of a list.
        """
        found = np.empty(places.shape)
        for start in range(0, len(users), ROWS):
            part = slice(start, start + ROWS)
            factors = self.model.item_factors[places[part]].astype(np.float64)
            found[part] = np.einsum("rnf,rf->rn", factors, users[part].astype(np.float64))
        return found
