"""The faults of a real log, all present in the default sample."""

import polars as pl

from stages.data.sample import facts
from tests.worlds.sampled import Sample


def test_lists_are_not_sorted_by_time(sample: Sample) -> None:
    times = sample.table("train").filter(pl.col("action_dt").list.len() > 3)["action_dt"]
    ordered = (times.list.sort() == times).mean()
    assert ordered < 0.2


def test_times_tie_inside_sessions(sample: Sample) -> None:
    long = sample.train.group_by("session_id").agg(pl.len(), pl.col("action_dt").n_unique())
    assert (long["len"] > long["action_dt"]).mean() > 0.2


def test_a_vacancy_is_viewed_and_responded_to_in_one_session(sample: Sample) -> None:
    acts = sample.train.group_by("session_id", "vacancy_id").agg(pl.col("action_type").unique())
    both = acts["action_type"].list.contains(1) & acts["action_type"].list.contains(2)
    assert both.mean() > 0.1


def test_people_rarely_respond_twice(sample: Sample) -> None:
    responses = sample.train.filter(pl.col("action_type") == 1)
    twice = responses.group_by("user_id", "vacancy_id").len()["len"] > 1
    assert 0 < twice.mean() < 0.05


def test_session_ids_carry_no_order(sample: Sample) -> None:
    starts = sample.table("train").select(
        pl.col("session_id").str.slice(2).cast(pl.Int64), pl.col("action_dt").list.min()
    )
    assert (
        abs(starts.select(pl.corr("session_id", pl.col("action_dt").to_physical())).item()) < 0.02
    )


def test_one_account_is_a_bot(sample: Sample) -> None:
    counts = sample.train["user_id"].value_counts()["count"]
    share = facts.BOT_EVENTS[0] / facts.FULL_SESSIONS
    assert counts.max() == round(share * sample.table("train").height)


def test_train_and_test_lie_in_their_weeks_and_sessions_do_not_overlap(sample: Sample) -> None:
    assert sample.train["action_dt"].is_between(*_days(1, 15), closed="left").all()
    assert sample.test["action_dt"].is_between(*_days(15, 23), closed="left").all()
    spans = pl.concat([sample.table("train"), sample.table("test")]).select(
        "user_id", first=pl.col("action_dt").list.min(), last=pl.col("action_dt").list.max()
    )
    calm = spans.sort("user_id", "first").with_columns(
        before=pl.col("last").shift(1).over("user_id")
    )
    assert (calm["first"] > calm["before"]).drop_nulls().all()


def _days(first: int, last: int) -> tuple[pl.Expr, pl.Expr]:
    return pl.datetime(2023, 11, first), pl.datetime(2023, 11, last)


def test_test_users_and_vacancies_are_partly_unseen(sample: Sample) -> None:
    test, train = sample.test, sample.train
    for name in ("user_id", "vacancy_id"):
        unseen = test.select(name).unique().join(train, on=name, how="anti").height
        assert 0 < unseen < test[name].n_unique() / 2


def test_public_numbers_carry_no_popularity(sample: Sample) -> None:
    counts = (
        sample.train["vacancy_id"]
        .value_counts()
        .with_columns(number=pl.col("vacancy_id").str.slice(2).cast(pl.Int64))
    )
    assert abs(counts.select(pl.corr("number", "count", method="spearman")).item()) < 0.03
