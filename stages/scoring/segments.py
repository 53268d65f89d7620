"""Segments of labelled rows: by target, by user, by the vacancy's region."""

from itertools import pairwise

import polars as pl

from stages.core.keys import KEYS

FREQUENT = 8  # train events; the cut of design's reference analyses
LENGTHS = (1, 5, 20, 100)  # events of a context at which the next segment begins
TOP = 8  # values of a column that get a segment of their own
UNKNOWN, OTHER = "unknown", "other"
FACTS = {"region": "area.regionId", "schedule": "workSchedule"}  # cut -> column of the catalogue


def segments(
    labels: pl.DataFrame,
    contexts: pl.DataFrame,
    vocab: pl.DataFrame,
    *,
    users: pl.DataFrame,
    facts: pl.DataFrame,
) -> pl.DataFrame:
    """Say of each labelled row to which segment of each cut it belongs.

    Args:
        labels: user_id, session_id, vacancy_id.
        contexts: user_id, session_id, items: the row's whole context.
        vocab: `schema.VOCAB`.
        users: user_id of every user with a train history, once.
        facts: vacancy_id, once each, and those columns of `FACTS` that are known.

    Returns:
        In the order of `labels` one Enum a cut, whose categories are the segments in order:
        target (`repeat` if the context holds the vacancy, else `new`), frequency (train events of
        the target), history (events of the context), user (whether train knows the user), and
        region and schedule of the target where anything is known of them: the most frequent ones
        among the rows, the others together. `unknown` is a row without context, or a missing value.
    """
    rows = (
        labels.lazy()
        .select(*KEYS, "vacancy_id")
        .join(vocab.lazy().select("vacancy_id", "item", "count"), on="vacancy_id", how="left")
        .join(contexts.lazy().select(*KEYS, "items"), on=KEYS, how="left")
        .join(users.lazy().with_columns(in_train=True), on="user_id", how="left")
        .join(facts.lazy(), on="vacancy_id", how="left")
        .collect()
    )
    # joins may turn the rows round
    rows = labels.select(KEYS).join(rows, on=KEYS, how="left", maintain_order="left")
    cuts = rows.select(target=_target(), frequency=_frequency(), history=_history(), user=_user())
    found = [_frequent(rows[column], cut) for cut, column in FACTS.items() if column in facts]
    return cuts.with_columns(cut for cut in found if not (cut == UNKNOWN).all())


def _cut(segments: tuple[str, ...], place: pl.Expr) -> pl.Expr:
    """Name segments by their places."""
    return place.replace_strict(dict(enumerate(segments)), return_dtype=pl.Enum(segments))


def _target() -> pl.Expr:
    context = pl.col("items")
    repeat = context.list.contains(pl.col("item")).fill_null(value=False)
    repeat &= pl.col("item").is_not_null()
    place = pl.when(context.is_null()).then(2).when(repeat).then(0).otherwise(1)
    return _cut(("repeat", "new", UNKNOWN), place)


def _frequency() -> pl.Expr:
    count = pl.col("count").fill_null(0)
    place = (count >= 1).cast(pl.Int8) + (count >= FREQUENT).cast(pl.Int8)
    return _cut(("never", f"1-{FREQUENT - 1}", f"{FREQUENT}+"), place)


def _history() -> pl.Expr:
    bounds = pairwise(LENGTHS)
    names = ("0", *(f"{low}-{high - 1}" for low, high in bounds), f"{LENGTHS[-1]}+", UNKNOWN)
    length = pl.col("items").list.len()
    place = pl.sum_horizontal((length >= bound).cast(pl.Int8) for bound in LENGTHS)
    return _cut(names, pl.when(length.is_null()).then(len(names) - 1).otherwise(place))


def _user() -> pl.Expr:
    return _cut(("in train", "not in train"), pl.col("in_train").is_null().cast(pl.Int8))


def _frequent(values: pl.Series, name: str) -> pl.Series:
    """Keep the `TOP` values with most rows, ties by name; put the rest together."""
    counts = values.drop_nulls().alias("value").to_frame().group_by("value").len()
    ranked = counts.sort("len", "value", descending=[True, False])["value"].to_list()
    top = [value for value in ranked[:TOP] if value not in {OTHER, UNKNOWN}]
    kept = values.replace_strict(
        {value: value for value in top}, default=OTHER, return_dtype=pl.String
    )
    kept = kept.set(values.is_null(), UNKNOWN)
    return kept.cast(pl.Enum([*top, OTHER, UNKNOWN])).alias(name)
