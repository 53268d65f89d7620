"""Which validation rows are ranked after an epoch: the same whatever the number of buckets."""

import polars as pl

from stages.core.seeds import lot


def chosen(rows: pl.LazyFrame, most: int, seed: int) -> pl.LazyFrame:
    """All rows by user or, where there are more than `most`, those of users drawn by a hash.

    Args:
        rows: `schema.VALIDATION_SEQUENCES`, a user's rows in order.
        most: Rows wanted.
        seed: Of the draw.
    """
    users = rows.select("user_id").collect()["user_id"]
    if len(users) > most:
        lots = pl.Series([lot(seed, user) for user in users])
        drawn = pl.DataFrame({"lot": lots, "user_id": users}).with_row_index("place")
        first = drawn.sort("lot", "user_id", "place").head(most)
        numbered = rows.with_row_index("place")
        rows = numbered.filter(pl.col("place").is_in(first["place"].implode())).drop("place")
    return rows.sort("user_id", maintain_order=True)
