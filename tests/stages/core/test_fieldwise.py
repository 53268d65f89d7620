from dataclasses import dataclass

from stages.core.fieldwise import map_fields


@dataclass(frozen=True)
class Pair:
    left: int
    right: int


def test_a_function_is_applied_field_by_field() -> None:
    assert map_fields(lambda one: one + 1, Pair(1, 2)) == Pair(2, 3)
    assert map_fields(lambda one, other: one * other, Pair(2, 3), Pair(5, 7)) == Pair(10, 21)


def test_fields_not_named_stay_as_in_the_first() -> None:
    assert map_fields(max, Pair(1, 2), Pair(5, 7), names=["right"]) == Pair(1, 7)
