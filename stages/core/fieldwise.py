"""Apply a function to the fields of dataclasses, name by name."""

from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

D = TypeVar("D", bound="DataclassInstance")


def map_fields(work: Callable[..., Any], *given: D, names: Iterable[str] | None = None) -> D:
    """Make a record whose every field is `work` of that field of all that are given.

    Args:
        work: Called with one value of each of `given`.
        given: At least one instance of one dataclass.
        names: The fields concerned, all by default; others stay as in the first of `given`.
    """
    first = given[0]
    concerned = [field.name for field in fields(first)] if names is None else names
    return replace(
        first, **{name: work(*(getattr(one, name) for one in given)) for name in concerned}
    )
