"""What counts as usable of actions."""

import polars as pl

from stages.core.actions import FAVOURITE, OTHER, RESPONSE, VIEW, is_bot, is_known


def test_other_codes_are_not_known() -> None:
    events = pl.DataFrame({"action_type": [OTHER, RESPONSE, VIEW, FAVOURITE]})
    assert events.select(is_known()).to_series().to_list() == [False, True, True, True]


def test_a_bot_has_more_events_than_a_person_may() -> None:
    events = pl.DataFrame({"user_id": ["a", "b", "a", "a", "b"]})
    assert events.select(is_bot(2)).to_series().to_list() == [True, False, True, True, False]
