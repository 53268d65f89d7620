"""Options that several commands share, declared once: a command asks for them as one argument."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from hhrec_cli import _console

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from stages.interface.stage_report import Progress, Report
    from stages.params import Params

ParamsFile = Annotated[
    Path, typer.Option("--params", help="Parameter file.", metavar="FILE", show_default=True)
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override one parameter for this run.", metavar="SECTION.KEY=VALUE"),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no notes; errors stay.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]

PARAMS_FILE = Path("params.yaml")


class _Shows:
    """Show what a command does, as its options say."""

    quiet: bool
    as_json: bool

    def note(self, text: str) -> None:
        """Print a remark on stderr unless quiet."""
        _console.note(text, quiet=self.quiet)

    def progress(self, label: str) -> "AbstractContextManager[Progress]":
        """Give a hook that moves a bar on a terminal."""
        return _console.progress(label, quiet=self.quiet)

    def show(self, report: "Report", title: str) -> None:
        """Print a stage's report."""
        _console.show(report, title=title, as_json=self.as_json, quiet=self.quiet)


@dataclass(frozen=True)
class Output(_Shows):
    """Options of a command without parameters."""

    quiet: Quiet = False
    as_json: Json = False


@dataclass(frozen=True)
class Common(_Shows):
    """Options of a command with parameters."""

    file: ParamsFile = PARAMS_FILE
    overrides: Overrides = None
    quiet: Quiet = False
    as_json: Json = False

    def params(self) -> "Params":
        """Read the parameters."""
        from stages.params import load

        return load(self.file, self.overrides or ())


def shared(command: Callable[..., None]) -> Callable[..., None]:
    """Spread the last argument of a command, an `Output` or a `Common`, into its options."""
    *own, last = inspect.signature(command).parameters.values()
    kind = get_type_hints(command)[last.name]
    hints = get_type_hints(kind, include_extras=True)
    given = [
        inspect.Parameter(
            one.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=one.default,
            annotation=hints[one.name],
        )
        for one in fields(kind)
    ]

    def spread(*arguments: Any, **named: Any) -> None:
        options = {one.name: named.pop(one.name, one.default) for one in given}
        command(*arguments, **named, **{last.name: kind(**options)})

    spread.__name__, spread.__doc__ = command.__name__, command.__doc__
    spread.__module__ = command.__module__
    spread.__signature__ = inspect.Signature([*own, *given])  # type: ignore[attr-defined]
    spread.__annotations__ = {
        **{one.name: one.annotation for one in (*own, *given)},
        "return": None,
    }
    return spread
