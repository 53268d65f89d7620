"""JSON that a file holds: whatever it is, a value of the expected types or a ValueError."""

import json
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


def loads(text: str) -> Any:
    """Read JSON.

    Raises:
        ValueError: It is none, or nested too deeply to be read.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def parsed(kind: type[T], text: str) -> T:
    """Read JSON as a dataclass, every value of the type that its field has.

    Raises:
        ValueError: It is no JSON, or of another shape.
    """
    found = loads(text)
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(found, dict) or not set(found) <= known:
        raise ValueError(f"expected an object of {', '.join(sorted(known))}")
    shape: Any = kind
    value: T = _adapter(shape).validate_json(text, strict=True)
    return value


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
