"""Conditions and limits as a user writes them."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.interface.errors import HhrecError, UsageError
from stages.rules import conditions

FACTS = pl.DataFrame(
    {
        "area.regionId": ["1", "2", None, "1"],
        "compensation.from": [100, None, 300, 200],
        "keySkills.keySkill": [["Excel"], [], None, ["SQL", "Excel"]],
    }
)


def met(*texts):
    return np.flatnonzero(conditions.eligible(FACTS, conditions.parsed(texts))[3:]).tolist()


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["area.regionId=1"], [0, 3]),
        (["area.regionId=1", "area.regionId=2"], [0, 1, 3]),  # either
        (["area.regionId!=1"], [1, 2]),  # what is not known is not 1
        (["area.regionId!=1", "area.regionId!=2"], [2]),  # neither
        (["compensation.from>=200"], [2, 3]),
        (["compensation.from<= 200", "area.regionId = 1"], [0, 3]),
        (["compensation.from=300"], [2]),
        (["keySkills.keySkill=Excel"], [0, 3]),
        (["keySkills.keySkill!=SQL"], [0, 1, 2]),
    ],
)
def test_of_one_field_any_value_of_several_fields_all(texts, expected):
    assert met(*texts) == expected


@given(st.sampled_from("ab="), st.sampled_from(conditions.OPERATORS), st.text("a=!<>", max_size=4))
def test_the_first_operator_counts(field, operator, value):
    (found,) = conditions.parsed([f"x{field.strip('=')}{operator}{value}"])
    if not value.startswith("=") or len(operator) == 2:
        assert (found.operator, found.value) == (operator, value)


@pytest.mark.parametrize("text", ["area", "=1", "", ">=3"])
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(UsageError, match="expected FIELD=VALUE"):
        conditions.parsed([text])


def test_what_cannot_be_met_or_compared_is_refused():
    with pytest.raises(HhrecError, match="no vacancy meets that"):
        met("area.regionId=7")
    with pytest.raises(HhrecError, match="compares numbers"):
        met("area.regionId>=1")
    with pytest.raises(HhrecError, match="the value is 'much'"):
        met("compensation.from>=much")


def test_limits_number_the_values_of_a_field():
    (limit,) = conditions.limits(FACTS, conditions.parsed_limits(["area.regionId=2"]))
    groups = limit.groups.tolist()
    assert limit.most == 2
    assert groups[:3] == [-1, -1, -1]
    assert groups[3] == groups[6] != groups[4]
    assert groups[5] == -1  # not known
    with pytest.raises(HhrecError, match="holds lists"):
        conditions.limits(FACTS, {"keySkills.keySkill": 1})


@pytest.mark.parametrize("text", ["company.id", "company.id=0", "company.id=-1", "=3", "a=x"])
def test_what_is_no_limit_is_refused(text):
    with pytest.raises(UsageError, match="expected FIELD=N"):
        conditions.parsed_limits([text])


def test_a_field_is_limited_once():
    with pytest.raises(UsageError, match="given already"):
        conditions.parsed_limits(["a=1", "a=2"])
