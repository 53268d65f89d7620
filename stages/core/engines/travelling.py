"""What is sent to workers together with what it reads there."""

from dataclasses import fields
from typing import Any


class FieldsOnly:
    """A dataclass that travels by its fields alone: what it has read meanwhile stays where it is."""

    def __getstate__(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)}  # type: ignore[arg-type]
