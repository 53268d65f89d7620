"""Sums over jobs, and progress over two rounds of them."""

from stages.core.engines import Found, Telling, halves, total


def test_counts_add_up_and_zeros_stay() -> None:
    assert total([Found({"a": 1, "b": 0}), Found({"a": 2})]) == {"a": 3, "b": 0}


def test_two_rounds_are_told_as_one_whole_with_the_rows_of_all_jobs() -> None:
    said: list[tuple[int, int, str, float]] = []

    def progress(done: int, whole: int, note: str = "", **figures: float) -> None:
        said.append((done, whole, note, figures["rows"]))

    first, second = halves(progress, 2, "read", "write")
    found = [Found(rows=5), Found(rows=7)]
    assert [*first(found), *second(found)] == found * 2
    assert said == [(1, 4, "read", 5), (2, 4, "read", 12), (3, 4, "write", 17), (4, 4, "write", 24)]
    assert list(Telling(progress, 0)([], "none")) == []
