"""Which kind of target a labelled row has: a repeat or new, frequent, rare or never in train."""

import polars as pl

KEYS = ["user_id", "session_id"]
FREQUENT = 8  # train events; the cut of design's reference analyses
UNKNOWN = "unknown"
ORDER = {
    "target": ("repeat", "new", UNKNOWN),
    "frequency": ("never", f"1-{FREQUENT - 1}", f"{FREQUENT}+"),
}


def targets(labels: pl.DataFrame, contexts: pl.DataFrame, vocab: pl.DataFrame) -> pl.DataFrame:
    """Describe each labelled row's target.

    Args:
        labels: user_id, session_id, vacancy_id.
        contexts: user_id, session_id, items: the row's whole context.
        vocab: `schema.VOCAB`.

    Returns:
        In the order of `labels`: target (`repeat` if the context holds the vacancy, `new` if not,
        `unknown` for a row without context), frequency (`never`, `1-7`, `8+` train events; never
        also for vacancies outside the catalogue).
    """
    known = labels.select(*KEYS, "vacancy_id").join(
        vocab.select("vacancy_id", "item", "count"),
        on="vacancy_id",
        how="left",
        maintain_order="left",
    )
    rows = known.join(contexts.select(*KEYS, "items"), on=KEYS, how="left", maintain_order="left")
    return rows.select(target=_target(), frequency=_frequency())


def _target() -> pl.Expr:
    repeat = pl.col("items").list.contains(pl.col("item")).fill_null(value=False)
    return (
        pl.when(pl.col("items").is_null())
        .then(pl.lit(UNKNOWN))
        .when(repeat & pl.col("item").is_not_null())
        .then(pl.lit("repeat"))
        .otherwise(pl.lit("new"))
    )


def _frequency() -> pl.Expr:
    count = pl.col("count").fill_null(0)
    never, rare, frequent = ORDER["frequency"]
    return (
        pl.when(count == 0)
        .then(pl.lit(never))
        .when(count < FREQUENT)
        .then(pl.lit(rare))
        .otherwise(pl.lit(frequent))
    )
