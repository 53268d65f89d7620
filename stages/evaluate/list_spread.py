"""How recommendations are spread over vacancies and employers, from lists that come block by block."""

import numpy as np
import polars as pl

from stages.core.seeds import derive
from stages.evaluate.report_schema import Spread
from stages.scoring import bootstrap, congestion, metrics
from stages.scoring.bootstrap import Covering
from stages.scoring.congestion import Crowding


class ListSpread:
    """What the first 100 of each list add up to; ids outside the catalogue are left out.

    Args:
        catalogue: Every vacancy id.
        employers: vacancy_id and employer, as far as they are known.
        count: Rows.
        seed: The user's seed.
    """

    def __init__(
        self, catalogue: pl.Series, employers: pl.DataFrame | None, count: int, seed: int
    ) -> None:
        self.numbers = catalogue.alias("predictions").to_frame().with_row_index("code")
        self.employers, self.seed = employers, seed
        self.covering = Covering(count, len(catalogue), derive(seed, "evaluate", "coverage"))
        self.crowding = Crowding(count, len(catalogue), derive(seed, "evaluate", "congestion"))
        self.per_row = [np.zeros((0, 2))]

    def add(self, rows: bootstrap.Ints, lists: pl.Series) -> None:
        """Look at lists (B,) of rows with these numbers, (B,)."""
        first = pl.DataFrame([lists.list.head(metrics.DEPTH).alias("predictions")])
        flat = (
            first.with_columns(pl.Series("row", rows, dtype=pl.Int64))
            .explode("predictions", empty_as_null=False, keep_nulls=False)
            .join(self.numbers, on="predictions", maintain_order="left")
        )
        codes = flat["code"].cast(pl.Int64).to_numpy()
        self.covering.add(flat["row"].to_numpy(), codes)
        self.crowding.add(flat["row"].to_numpy(), codes)
        if self.employers is not None:
            self.per_row.append(congestion.employers_of(first, self.employers))

    def result(self, resamples: int) -> dict[str, Spread]:
        """Figures of all lists."""
        found = self.crowding.result()
        if self.employers is not None:
            found |= congestion.of_lists(
                np.concatenate(self.per_row),
                resamples=resamples,
                seed=derive(self.seed, "evaluate", "bootstrap"),
            )
        return {name: Spread(**one._asdict()) for name, one in found.items()}
