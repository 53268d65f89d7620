"""Memory of the stages grows with what they hold at once."""

from stages.plan import memory


def test_more_buckets_need_less_and_more_vacancies_more() -> None:
    one, four = (memory.data(10**7, buckets, 1, 10**6, 10**5) for buckets in (1, 4))
    assert set(one) == {"explode", "filter", "vocab", "features", "sequences"}
    assert four["explode"] < one["explode"]
    assert four["filter"] < one["filter"]
    assert four["vocab"] == one["vocab"] < memory.data(10**7, 1, 1, 10**7, 10**5)["vocab"]
    assert memory.data(10**7, 4, 2, 10**6, 10**5)["filter"] > four["filter"]
    assert memory.data(10**7, 1, 2, 10**6, 10**5) == one  # there is no second one
    assert memory.predicting(10, 100, 10**6, 0) < memory.predicting(10**6, 100, 10**6, 0)
    assert memory.evaluating(10, 10**6, 10**6) < memory.evaluating(10**7, 10**6, 10**6)
    assert memory.evaluating(10, 10**6, 10**6) < memory.evaluating(10, 10**6, 10**8)
