"""What a search chooses from: ranges and choices of the parameters of training."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stages.core.trials_file import Value
from stages.interface.errors import UsageError
from stages.params import Params, reading, validated

DEFAULT = (
    "train.lr=0.0003..0.01:log",
    "train.dropout=0.0..0.4",
    "train.id_dropout=0.0..0.5",
    "train.weight_decay=0.0001..0.1:log",
    "train.layers=1,2,3",
)
RANGE, LOG = "..", ":log"
HINT = "for example --space train.lr=0.0003..0.01:log, or --space train.layers=1,2,3"


@dataclass(frozen=True)
class Axis:
    """One parameter and what it may be.

    Attributes:
        name: As `--set` takes it.
        low: Lowest number of a range.
        high: Highest.
        log: Whether the range is even in the logarithm.
        choices: Values to choose from, where it is no range.
    """

    name: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    choices: tuple[Value, ...] = ()

    def whole(self) -> bool:
        """Whether it is a range of whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)


def parsed(texts: Sequence[str]) -> tuple[Axis, ...]:
    """Read `train.NAME=LOW..HIGH`, the same with `:log`, or `train.NAME=A,B,C`.

    Raises:
        UsageError: One is of another form, of no parameter of training, or stands twice.
    """
    axes = tuple(_axis(text) for text in texts)
    names = [axis.name for axis in axes]
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise UsageError(f"--space {twice[0]}: stands twice", "give each parameter one range")
    return axes


def _axis(text: str) -> Axis:
    name, equals, given = text.partition("=")
    fields = type(Params().train).model_fields
    if not equals or not name.startswith("train.") or name.partition(".")[2] not in fields:
        raise UsageError(
            f"--space {text}: expected a parameter of the section train, as NAME=VALUES", HINT
        )
    if RANGE not in given:
        values = [reading.parsed(each, where=f"--space {name}") for each in given.split(",")]
        if not all(one is None or isinstance(one, bool | int | float | str) for one in values):
            raise UsageError(f"--space {text}: expected plain values with commas between", HINT)
        return Axis(name, choices=tuple(values))
    low, _, high = given.removesuffix(LOG).partition(RANGE)
    ends: list[Any] = [reading.parsed(each, where=f"--space {name}") for each in (low, high)]
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in ends):
        raise UsageError(f"--space {text}: expected numbers on both sides of {RANGE}", HINT)
    log = given.endswith(LOG)
    if not (ends[0] < ends[1] < float("inf") and ends[0] > -float("inf")) or (log and ends[0] <= 0):
        least = "above 0 " if log else ""
        raise UsageError(f"--space {text}: expected a lower number {least}first", HINT)
    return Axis(name, ends[0], ends[1], log)


def laid_over(params: Params, chosen: dict[str, Value], where: str) -> Params:
    """The parameters with what a trial chose.

    Raises:
        HhrecError: They do not fit together.
    """
    values: dict[str, Any] = params.model_dump()
    for name, value in chosen.items():
        section, _, key = name.partition(".")
        values[section][key] = value
    return validated(values, where=where)
