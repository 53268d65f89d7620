"""Every parameter with its value, default, range and meaning, read from the models of `params`."""

import textwrap
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from stages.params import Params

WIDTH = 98
UNBROKEN = "\x00"  # a space that wrapping leaves alone
HEADER = (
    "Every parameter of hhrec, with its meaning and range. `hhrec params --yaml` writes this file "
    "anew; `--set section.key=value` overrides a parameter for one run."
)
Node = dict[str, Any]


class Described(NamedTuple):
    """One parameter; `name` is dotted, as `--set` takes it."""

    name: str
    value: Any
    default: Any
    range: str
    meaning: str


def described(params: Params) -> Iterator[Described]:
    """Yield every parameter of `params`, in the order of `Params`."""
    schema = Params.model_json_schema()
    yield from _described(
        schema, schema["$defs"], params.model_dump(), Params().model_dump(), prefix=""
    )


def _described(
    node: Node, defs: Node, values: Node, defaults: Node, prefix: str
) -> Iterator[Described]:
    for key, field in node["properties"].items():
        name, value, default = prefix + key, values[key], defaults[key]
        if section := _section(field, defs):
            yield from _described(section, defs, value, default, prefix=name + ".")
        else:
            yield Described(name, value, default, _range(field), _meaning(field))


def as_yaml(params: Params) -> str:
    """Write `params` as a complete YAML file in which comments say what each means."""
    schema = Params.model_json_schema()
    body = "".join(_yaml(schema, schema["$defs"], params.model_dump(), depth=0))
    return _comment(HEADER, 0) + "\n" + body


def _yaml(node: Node, defs: Node, values: Node, depth: int) -> Iterator[str]:
    for key, field in node["properties"].items():
        if section := _section(field, defs):
            gap = "\n" if depth == 0 else ""
            # a field says more of its own section than the section's class does
            yield gap + _comment(field.get("description") or section["description"], depth)
            yield f"{'  ' * depth}{key}:\n"
            yield from _yaml(section, defs, values[key], depth + 1)
        else:
            limits = _range(field)
            bracket = f" [{limits}]".replace(" ", UNBROKEN)[1:] if limits else ""
            yield _comment(f"{_meaning(field)} {bracket}", depth)
            yield "  " * depth + yaml.safe_dump({key: values[key]}, allow_unicode=True)


def _section(field: Node, defs: Node) -> Node | None:
    """The schema of a nested section, or None for a plain parameter."""
    reference = field.get("$ref") or next(
        (part["$ref"] for part in field.get("allOf", ()) if "$ref" in part), None
    )
    target: Node | None = defs[reference.rpartition("/")[2]] if reference else None
    return target if target and "properties" in target else None


def _meaning(field: Node) -> str:
    return " ".join(str(field["description"]).split())


def _range(field: Node) -> str:
    """What a value may be: `a | b`, `0 to 1`, `at least 1`, `above 0`; empty for any text."""
    if "anyOf" in field:
        return " or ".join(_range(part) for part in field["anyOf"])
    if field.get("type") == "null":
        return "null"
    if "enum" in field:
        return " | ".join(map(str, field["enum"]))
    if "pattern" in field:
        return str(field["pattern"]).removeprefix("^(").removesuffix(")$").replace("|", " | ")
    low, over = field.get("minimum"), field.get("exclusiveMinimum")
    high, under = field.get("maximum"), field.get("exclusiveMaximum")
    if low is not None and high is not None:
        return f"{_plain(low)} to {_plain(high)}"
    limits = [
        f"{word} {_plain(limit)}"
        for word, limit in (("at least", low), ("above", over), ("at most", high), ("below", under))
        if limit is not None
    ]
    return ", ".join(limits)


def _plain(limit: float) -> str:
    return str(int(limit)) if float(limit).is_integer() else str(limit)


def _comment(text: str, depth: int) -> str:
    margin = "  " * depth + "# "
    lines = textwrap.wrap(
        " ".join(text.split()), WIDTH, initial_indent=margin, subsequent_indent=margin
    )
    return "\n".join(lines).replace(UNBROKEN, " ") + "\n"
