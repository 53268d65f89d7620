"""Optional parts of the page: each is built, or replaced by the reason of its absence."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from stages.core.artifact_paths import LABELS_FILE, predictions_file
from stages.interface.errors import MissingInputError
from stages.report.markup import Content, absent


class Paths(NamedTuple):
    """Where everything stands that the page may tell of."""

    raw: Path
    artifacts: Path

    def __truediv__(self, name: str) -> Path:
        return self.artifacts / name

    def labels(self) -> Path | None:
        """The true vacancies of the test rows, where they are known."""
        file = self.raw / LABELS_FILE
        return file if file.is_file() else None

    def predictions(self, part: str) -> Path:
        """The model's predictions for a part."""
        return self / predictions_file(part)


class Ledger:
    """Remembers what was left out, and why."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def without(self, what: str, reason: str) -> Content:
        """Write down that `what` is not in the page, and say so in its place."""
        self.notes.append(f"no {what}: {reason}")
        return absent(reason)

    def attempt(self, what: str, make: Callable[[], Content]) -> Content:
        """Make a part; where an input of it is not there, say which and how to get it."""
        try:
            return make()
        except MissingInputError as error:
            return self.without(what, f"{error.message}; {error.hint}")
