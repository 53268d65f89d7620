"""Discovery in the default sample is neither hopeless nor given away."""

import polars as pl

from tests.worlds.sampled import Sample

ROWS = 500


def _score(ranked: pl.DataFrame, labels: pl.DataFrame) -> float:
    """Return the mean reciprocal rank of `labels` in (user_id, vacancy_id, score) rows."""
    ordered = ranked.sort("user_id", "score", "vacancy_id", descending=[False, True, False])
    ordered = ordered.with_columns(rank=pl.int_range(1, pl.len() + 1).over("user_id"))
    hits = ordered.filter(pl.col("rank") <= 100).join(
        labels, left_on=["user_id", "vacancy_id"], right_on=["user_id", "label"]
    )
    return hits.select((1 / pl.col("rank")).sum()).item() / labels.height


def _unmet(ranked: pl.DataFrame, sample: Sample) -> pl.DataFrame:
    return ranked.join(sample.context, on=["user_id", "vacancy_id"], how="anti")


def _item_knn(sample: Sample, labels: pl.DataFrame) -> pl.DataFrame:
    """Cosine item-kNN of each row's ten newest vacancies, over those it has not met."""
    pairs = sample.train.select("user_id", "vacancy_id").unique()
    calm = pairs.group_by("user_id").len().filter(pl.col("len") <= 120)
    pairs = pairs.join(calm, on="user_id", how="semi")
    norms = pairs.group_by("vacancy_id").agg(pl.len().sqrt().alias("norm"))
    newest = sample.last_viewed.sort(
        "user_id", "last", "vacancy_id", descending=[False, True, True]
    )
    newest = newest.join(labels, on="user_id", how="semi").group_by("user_id").head(10)
    weighted = newest.join(norms, on="vacancy_id").with_columns(weight=1 / pl.col("norm"))
    others = pairs.rename({"user_id": "other"})
    near = weighted.select("user_id", "vacancy_id", "weight").join(others, on="vacancy_id")
    near = near.select("user_id", "other", "weight").join(others, on="other")
    ranked = near.group_by("user_id", "vacancy_id").agg(pl.col("weight").sum())
    ranked = ranked.join(norms, on="vacancy_id")
    return ranked.select("user_id", "vacancy_id", score=pl.col("weight") / pl.col("norm"))


def _content(sample: Sample, labels: pl.DataFrame) -> pl.DataFrame:
    """Vacancies of the region and title word a row met most, those busy of late first."""
    busy = pl.concat([sample.train, sample.test]).filter(
        pl.col("action_dt") >= pl.datetime(2023, 11, 12)
    )
    busy = busy.group_by("vacancy_id").agg(pl.len().alias("busy"))
    word = pl.col("name").str.to_lowercase().str.extract(r"^([^\s/(]+)")
    cards = sample.vacancies.select("vacancy_id", word.alias("word"), region="area.regionId")
    mine = sample.context.join(labels, on="user_id", how="semi").join(cards, on="vacancy_id")
    top = mine.group_by("user_id", "word", "region").len()
    top = top.sort("user_id", "len", "word", descending=[False, True, False])
    alike = (
        top.group_by("user_id")
        .head(6)
        .join(cards.join(busy, on="vacancy_id"), on=["word", "region"])
    )
    score = pl.col("len") * (1 + pl.col("busy")).log()
    return alike.group_by("user_id", "vacancy_id").agg(score.max().alias("score"))


def test_item_knn_finds_some_unseen_labels_but_few(sample: Sample) -> None:
    labels = sample.labels.sort("user_id").head(ROWS)
    assert 0.008 < _score(_unmet(_item_knn(sample, labels), sample), labels) < 0.035


def test_content_neighbours_find_some_unseen_labels_but_few(sample: Sample) -> None:
    labels = sample.labels.sort("user_id").head(ROWS)
    assert 0.008 < _score(_unmet(_content(sample, labels), sample), labels) < 0.06


def _later_response(sample: Sample, column: str) -> dict[bool | int, float]:
    """Return the share of pending pairs responded to in a later session, by `column`."""
    order = ["action_dt", "session_id", "vacancy_id"]
    calm = sample.train.group_by("user_id").len().filter(pl.col("len") < 1_500)
    events = sample.train.join(calm, on="user_id", how="semi").sort(order)
    met = events.group_by("user_id", "vacancy_id", "session_id", maintain_order=True).agg(
        start=pl.col("action_dt").first(),
        favourite=(pl.col("action_type") == 3).any(),
        views=(pl.col("action_type") == 2).sum().clip(0, 2),
        responded=(pl.col("action_type") == 1).any(),
    )
    pairs = (
        met.sort("start", "session_id")
        .group_by("user_id", "vacancy_id")
        .agg(
            pl.col("favourite", "views").first(),
            first=pl.col("responded").first(),
            later=pl.col("responded").slice(1).any(),
        )
    )
    pending = pairs.filter(~pl.col("first"))
    return dict(pending.group_by(column).agg(pl.col("later").mean()).iter_rows())


def test_favourites_are_responded_to_later_far_more_often(sample: Sample) -> None:
    later = _later_response(sample, "favourite")
    assert later[True] > 1.5 * later[False] > 0


def test_vacancies_viewed_twice_are_responded_to_later_more_often(sample: Sample) -> None:
    later = _later_response(sample, "views")
    assert later[2] > 1.2 * later[1] > 0
