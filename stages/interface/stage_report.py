"""The report that a stage returns: figures for people and for `--json`."""

from collections.abc import Iterator
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict


class Report(BaseModel):
    """Figures of one run of one stage; field names are what the user reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def figures(self) -> Iterator[tuple[str, Any]]:
        """Yield `(name, value)`, dictionaries flattened to `name.key`."""
        for name, value in self.model_dump(mode="json").items():
            if isinstance(value, dict):
                yield from ((f"{name}.{key}", inner) for key, inner in value.items())
            else:
                yield name, value

    def remarks(self) -> list[str]:
        """What a user should be told in words besides the figures."""
        return []


class Progress(Protocol):
    """Told how far a stage has come; `note` says running figures such as the loss in words."""

    def __call__(self, done: int, total: int, note: str = "", **figures: float) -> None:
        """Show that `done` of `total` units are finished.

        `figures` are for programs that read logs; `rows` among them is how many rows were worked
        through so far, from which rows a second are shown.
        """


def silent(done: int, total: int, note: str = "", **figures: float) -> None:
    """Show nothing: the progress of tests and of `--quiet`."""
    del done, total, note, figures
