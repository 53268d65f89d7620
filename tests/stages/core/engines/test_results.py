"""Sums over jobs, and progress over two rounds of them."""

from stages.core.engines import Found, halves, told, total


def test_counts_add_up_and_zeros_stay() -> None:
    assert total([Found({"a": 1, "b": 0}), Found({"a": 2})]) == {"a": 3, "b": 0}


def test_two_rounds_are_told_as_one_whole() -> None:
    said: list[tuple[int, int, str]] = []

    def progress(done: int, whole: int, note: str = "", **figures: float) -> None:
        assert not figures
        said.append((done, whole, note))

    first, second = halves(progress, 2, "read", "write")
    found = [Found(), Found()]
    assert [*first(found), *second(found)] == found * 2
    assert said == [(1, 4, "read"), (2, 4, "read"), (3, 4, "write"), (4, 4, "write")]
    assert list(told([], progress, "none", before=0, whole=0)) == []
