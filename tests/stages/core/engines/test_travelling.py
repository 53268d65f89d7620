"""What travels to workers leaves behind what it has read."""

import pickle
from dataclasses import dataclass
from functools import cached_property

from stages.core.engines import FieldsOnly


@dataclass(frozen=True)
class Doubled(FieldsOnly):
    """Twice a number, worked out where it is needed."""

    number: int

    @cached_property
    def value(self) -> int:
        return 2 * self.number


def test_only_fields_travel_and_the_rest_is_found_again() -> None:
    here = Doubled(21)
    assert here.value == 42
    there = pickle.loads(pickle.dumps(here))  # noqa: S301  our own bytes
    assert vars(there) == {"number": 21}
    assert there == here
    assert there.value == 42
