"""Writes docs/cli.md from the commands themselves: `make reference`."""

import inspect
import sys
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import typer

HEADER = """# Command line

Written by `make reference` from the commands themselves; a test holds it to them. Results go to
stdout, progress and notes to stderr. Exit codes: 0 done, 1 something you can mend, 2 a command
line that does not parse, 3 a missing input, 130 stopped by Ctrl-C. Paths below `artifacts` move with
`--artifacts DIR`. Logs without a terminal, and completion: [own-data.md](own-data.md#running).
"""


def render() -> str:
    """The whole reference as Markdown."""
    from hhrec_cli.main import app

    return HEADER + "".join(_sections(typer.main.get_command(app), "hhrec"))


def leaves(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield each command that does something with its full name, in the order of `--help`."""
    if not hasattr(command, "commands"):
        yield name, command
        return
    for key in command.list_commands(None):
        yield from leaves(command.commands[key], f"{name} {key}")


def _sections(root: Any, name: str) -> Iterator[str]:
    for path, command in leaves(root, name):
        kinds = typing.get_type_hints(inspect.unwrap(command.callback))
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        options = [p for p in command.params if p.param_type_name == "option"]
        words = [path, *(_metavar(argument) for argument in arguments), "[OPTIONS]"]
        rows = [_row(_metavar(one), "", one) for one in arguments]
        rows += [_row(", ".join(one.opts), _value(one, kinds[one.name]), one) for one in options]
        yield f"\n## {path}\n\n{_plain(command.help)}\n\n```\n{' '.join(words)}\n```\n"
        if rows:
            yield "\n| option | value | default | meaning |\n|---|---|---|---|\n" + "".join(rows)


def _row(name: str, value: str, param: Any) -> str:
    cells = (f"`{name}`", value, _default(param), _plain(param.help or ""))
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |\n"


def _metavar(param: Any) -> str:
    return str(param.metavar or param.name.upper())


def _value(param: Any, kind: Any) -> str:
    """What the option takes: its choices, its metavar, or the name of its type; none for a flag."""
    inner = [one for one in typing.get_args(kind) if one is not type(None)]
    if kind is bool:
        return ""
    if typing.get_origin(kind) is typing.Literal:
        return ", ".join(f"`{one}`" for one in inner)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{one.value}`" for one in kind)
    if param.metavar or not inner:
        return f"`{param.metavar or kind.__name__.upper()}`"
    return _value(param, inner[0])


def _default(param: Any) -> str:
    found = param.default
    if found is None or found is False or callable(found) or param.required:
        return "required" if param.required else ""
    if isinstance(found, (list, tuple)):
        return ", ".join(f"`{one}`" for one in found)
    shown = found.as_posix() if isinstance(found, Path) else getattr(found, "value", found)
    return f"`{shown}`"


def _plain(text: str) -> str:
    """One paragraph a blank line, line breaks inside it removed."""
    return "\n\n".join(" ".join(part.split()) for part in (text or "").split("\n\n")).strip()


if __name__ == "__main__":
    sys.stdout.write(render())
