"""JSON of a file is of the types that are expected, or one ValueError."""

from dataclasses import dataclass

import pytest

from stages.core import json_text


@dataclass(frozen=True)
class Pair:
    count: int
    names: tuple[str, ...]
    share: float = 0.5


def test_json_becomes_a_dataclass() -> None:
    assert json_text.parsed(Pair, '{"count": 1, "names": ["a"]}') == Pair(1, ("a",))
    assert json_text.parsed(Pair, '{"count": 1, "names": [], "share": 1}') == Pair(1, (), 1.0)


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{", "null", "[" * 100_000, '{"a":' * 100_000),
        '{"count": "1", "names": []}',
        '{"count": true, "names": []}',
        '{"count": 1}',
        '{"count": 1, "names": [2]}',
        '{"count": 1, "names": [], "more": 1}',
    ],
    ids=lambda text: text[:30],
)
def test_another_shape_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|validation error|nested|Expecting"):
        json_text.parsed(Pair, text)


def test_depth_is_a_value_error() -> None:
    assert json_text.loads("[1]") == [1]
    with pytest.raises(ValueError, match="nested too deeply"):
        json_text.loads("[" * 100_000)
