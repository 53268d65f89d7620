"""Rules of a call as masks and limits."""

import numpy as np
import polars as pl
import pytest

from stages.bundle.vacancy_ids import VacancyIds
from stages.core.item_ids import FIRST_ITEM
from stages.interface.errors import HhrecError, UsageError
from stages.recommend.answers import Query, Rules
from stages.recommend.limits import limits_of, require_fields

IDS = VacancyIds.of(pl.Series(["a", "b", "c", "d"]))
FACTS = pl.DataFrame({"pay": [1, 2, 3, None], "town": ["x", "x", "y", None]})


def allowed(rules: Rules, facts: pl.DataFrame | None = FACTS) -> str:
    found = limits_of(rules, IDS, facts).allowed
    return (
        "all"
        if found is None
        else "".join(name for name, may in zip("---abcd", found, strict=True) if may)
    )


def test_rules_narrow_the_catalogue() -> None:
    assert allowed(Rules()) == "all"
    assert allowed(Rules(deny=["ghost"])) == "all"
    assert allowed(Rules(allow=["a", "c", "ghost"])) == "ac"
    assert allowed(Rules(deny={"a"}, where=["pay<=2"])) == "b"
    assert allowed(Rules(where=["town=x", "town=y"], deny=("b",))) == "ac"
    assert limits_of(Rules(max_per={"town": 2}), IDS, FACTS).max_per == {"town": 2}


def test_what_is_withdrawn_no_rule_brings_back() -> None:
    gone = np.array([FIRST_ITEM, FIRST_ITEM + 2])
    left = limits_of(Rules(), IDS, FACTS, gone).allowed
    assert left is not None
    assert np.flatnonzero(left[FIRST_ITEM:]).tolist() == [1, 3]
    with pytest.raises(HhrecError, match="no vacancy is left"):
        limits_of(Rules(allow=["a", "c"]), IDS, FACTS, gone)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (Rules(where=["colour=red"]), "no field 'colour'"),
        (Rules(max_per={"pay": 0}), "expected 1 or more"),
        (Rules(allow=["ghost"]), "no vacancy is left"),
        (Rules(allow=[]), "no vacancy is left"),
        (Rules(where=["town=\ud800"]), "no text"),
    ],
)
def test_what_cannot_be_met(rules: Rules, said: str) -> None:
    with pytest.raises(HhrecError, match=said):
        limits_of(rules, IDS, FACTS)


def test_without_a_catalogue_there_are_no_fields() -> None:
    with pytest.raises(HhrecError, match="no field 'pay'"):
        require_fields(None, ["pay"])
    assert allowed(Rules(allow=["b"]), None) == "b"
    with pytest.raises(UsageError):
        limits_of(Rules(where=["nonsense"]), IDS, FACTS)


def test_rules_are_told_apart_by_what_they_say() -> None:
    assert not Rules()
    assert Rules(allow=[])
    assert Rules(allow=["a", "b"]).key() == Rules(allow={"b", "a"}).key()
    assert Rules(allow=[]).key() != Rules().key()
    assert Query().rules.key() == Rules(max_per={}).key()
