"""The trials of a search on disk: written anew after each epoch, so that a search goes on from there."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from stages.core import json_text
from stages.interface.errors import HhrecError

Value: TypeAlias = bool | int | float | str | None
State: TypeAlias = Literal["running", "complete", "pruned", "failed"]


@dataclass(frozen=True)
class Trial:
    """One training with parameters that a search chose.

    Attributes:
        number: From 0 on.
        state: `running` is one that was cut off.
        params: What was chosen, by parameter.
        curve: Epochs, each with the MRR@100 on the validation rows after it.
        seconds: How long it took, without what was cut off.
        why: Of one that failed.
    """

    number: int
    state: State
    params: dict[str, Value]
    curve: tuple[tuple[int, float], ...] = ()
    seconds: float = 0.0
    why: str = ""

    def best(self) -> float | None:
        """The best MRR@100 of its epochs."""
        return max((mrr for _, mrr in self.curve), default=None)


@dataclass(frozen=True)
class Trials:
    """A search.

    Attributes:
        study: Hash of the data, the parameters and the space: trials of another are not gone on from.
        space: What is chosen from, as it was typed.
        trials: By number.
    """

    study: str
    space: tuple[str, ...]
    trials: tuple[Trial, ...] = ()

    def ranked(self) -> list[Trial]:
        """Trials with a score, the best first; those that ran to their end before the pruned."""
        known = [one for one in self.trials if one.curve]
        return sorted(
            known, key=lambda one: (one.state != "complete", -(one.best() or 0), one.number)
        )


def read(path: Path) -> Trials | None:
    """Read the trials of a search; none where there is no file.

    Raises:
        HhrecError: The file holds something else.
    """
    if not path.is_file():
        return None
    try:
        found = json_text.parsed(Trials, path.read_text(encoding="utf-8"))
        if [one.number for one in found.trials] != list(range(len(found.trials))):
            raise ValueError("trials are not numbered from 0 on")  # noqa: TRY301
    except (OSError, ValueError, TypeError) as error:
        raise HhrecError(
            f"{path}: expected the trials of `hhrec tune` ({error})",
            "name another file with --out, or begin anew with --anew",
        ) from error
    return found


def write(trials: Trials, path: Path) -> None:
    """Write the trials of a search."""
    text = json.dumps(asdict(trials), indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
