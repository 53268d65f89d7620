"""Fates of one history's vacancies, against those of tables."""

import numpy as np
import pytest

from stages.loaders.rank_queries import asked_rows
from stages.params import SeenParams
from stages.recommend.history import of_row
from stages.recommend.own_vacancies import own_of, together
from stages.seen_policy import rules
from tests.worlds import calibrated

POLICIES = [
    {"response": "hide", "view": "last", "favourite": "keep"},
    {"response": "last", "view": "keep", "favourite": "hide"},
    {"response": "keep", "view": "keep", "favourite": "keep"},
]


@pytest.mark.parametrize("given", POLICIES)
def test_as_the_tables_say(given: dict[str, str]) -> None:
    policy = SeenParams.model_validate(given)
    for row in calibrated.rows(25).iter_slices(1):
        expected, found = asked_rows(row, 8, policy), own_of(of_row(row), policy, 8)
        late = expected.fates.filter(fate=rules.LAST)["item"].to_list()
        assert found.late.tolist() == late
        assert found.rows.hidden.tolist() == expected.rows.hidden.tolist()
        assert found.rows.offsets.tolist() == expected.rows.offsets.tolist()
        assert found.rows.asked_at.tolist() == expected.rows.asked_at.tolist()
        for name in ("items", "actions", "times", "sessions", "ranks", "met", "offsets"):
            one, other = (getattr(rows.histories, name) for rows in (expected.rows, found.rows))
            assert np.array_equal(one, other), name


def test_several_histories_are_those_of_one_table() -> None:
    policy, rows = SeenParams.model_validate(POLICIES[0]), calibrated.rows(25)
    expected = asked_rows(rows, 8, policy).rows
    found = together([own_of(of_row(row), policy, 8).rows for row in rows.iter_slices(1)])
    assert found.max_length == expected.max_length
    for name in ("asked_at", "hidden", "offsets"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist(), name
    for name in ("items", "actions", "times", "sessions", "ranks", "met", "offsets"):
        one, other = getattr(expected.histories, name), getattr(found.histories, name)
        assert np.array_equal(one, other), name
