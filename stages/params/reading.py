"""YAML of parameters, read with limits: nothing in it can hang, explode or pass twice."""

from collections.abc import Hashable
from typing import Any

import yaml

from stages.interface import failures
from stages.interface.errors import HhrecError

LARGEST = 1 << 20  # bytes of a parameter file
DEEPEST = 20  # levels of nesting
ALIASES = 8  # uses of `*name`: so many can at worst double a small file eight times
VALUES = 10_000


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice in one mapping, where YAML lets the last one win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002  as inherited
        """Build a mapping of distinct keys."""
        seen = set()
        for key, _ in node.value:
            name = (key.tag, str(key.value))
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep)


def parsed(text: str, *, where: str) -> Any:
    """Read YAML.

    Args:
        text: The YAML.
        where: Where it stands, for messages.

    Raises:
        HhrecError: It is not YAML, or larger or deeper than parameters ever are.
    """
    hint = "`hhrec params --yaml` prints a file to start from"
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        raise HhrecError(f"{where}: expected at most {LARGEST:,} bytes, found {len(text):,}", hint)
    try:
        _require_small(text, where, hint)
        return yaml.load(text, _Loader)  # noqa: S506  a SafeLoader
    except (yaml.YAMLError, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise HhrecError(
            f"{where}: not YAML: {failures.short(error)}", f"mend it; {hint}"
        ) from error


def _require_small(text: str, where: str, hint: str) -> None:
    """Refuse depth, aliases and lengths before anything is built; the events hold no recursion."""
    depth = aliases = 0
    for values, event in enumerate(yaml.parse(text, yaml.SafeLoader), start=1):
        aliases += isinstance(event, yaml.AliasEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        for found, most, name in (
            (depth, DEEPEST, "levels of nesting"),
            (aliases, ALIASES, "aliases"),
            (values, VALUES, "values"),
        ):
            if found > most:
                raise HhrecError(f"{where}: expected at most {most:,} {name}, found more", hint)
