"""A parameter that the chosen objective or loss does not look at is refused, not ignored."""

from typing import Any

import pytest

from stages.interface.errors import HhrecError
from tests.worlds.small_training import params


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"objective": "mlm", "session_weight": 1.0},
            "session_weight is not used by objective mlm",
        ),
        ({"objective": "mlm", "neighbours": 5}, "neighbours is not used by objective mlm"),
        ({"objective": "mlm", "event_weight": 1.0}, "event_weight is not used by objective mlm"),
        ({"objective": "mlm", "asks": "event"}, "asks is not used by objective mlm"),
        ({"objective": "causal", "mask_prob": 0.1}, "mask_prob is not used by objective causal"),
        ({"masking": {"mlm": 1}}, "masking is not used by objective prefix"),
        (
            {"objective": "mlm", "mask_prob": 0.1, "masking": {"mlm": 0}},
            r"mask_prob is not used where masking\.mlm is 0",
        ),
        ({"loss": "full", "negatives": 9}, "negatives is not used by loss full"),
        ({"loss": "full", "in_batch": 0.1}, "in_batch is not used by loss full"),
        ({"loss": "gbce", "in_batch": 0.1}, "in_batch is not used by loss gbce"),
        ({"loss": "gbce", "draws": "popularity"}, "draws is not used by loss gbce"),
        ({"loss": "sampled", "gbce_t": 0.5}, "gbce_t is not used by loss sampled"),
    ],
    ids=str,
)
def test_what_is_not_used_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(HhrecError, match=said):
        params(**changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"objective": "mlm", "masking": {"mlm": 0, "last": 0, "next_response": 0}},
            "mlm, last and next_response are all 0",
        ),
        ({"backbone": "modernbert"}, "modernbert serves mlm and causal only"),
        ({"epochs": 3, "stop_epoch": 4}, r"stop_epoch \(4\) must not be above epochs \(3\)"),
        ({"hidden_size": 30, "heads": 4}, r"heads \(4\) must divide hidden_size \(30\)"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(HhrecError, match=said):
        params(**changes)
