"""Options that several commands share, declared once: a command asks for them as one argument."""

import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_type_hints

import typer

from hhrec_cli import _console, _places
from stages.core.artifact_paths import ARTIFACTS

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from stages.interface.stage_report import Progress, Report
    from stages.params import Params

ParamsFile = Annotated[
    Path | None,
    typer.Option(
        "--params",
        help="Parameter file. (default: params.yaml where it is there, else the defaults)",
        metavar="FILE",
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override one parameter for this run.", metavar="SECTION.KEY=VALUE"),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no notes; errors stay.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Logs = Annotated[
    Literal["text", "json"],
    typer.Option("--log-format", help="Progress, notes and errors on stderr: JSON, one a line."),
]
Root = Annotated[
    Path,
    typer.Option(
        "--artifacts",
        help="Directory of all artifacts; a path that is named stands above it.",
        metavar="DIR",
    ),
]

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
    log_format: Logs = "text"


class _Fetches:
    """What a command with artifacts brings to this machine."""

    artifacts: Path

    def fetch(self, *names: str) -> None:
        """Bring artifacts that the command reads without an option of their own to this machine."""
        _places.fetch(self.artifacts, names)


@dataclass(frozen=True)
class Stored(_Fetches, Output):
    """Options of a command that looks at artifacts, without parameters."""

    artifacts: Root = ARTIFACTS


@dataclass(frozen=True)
class Settings(_Shows):
    """Options of a command with parameters."""

    file: ParamsFile = None
    overrides: Overrides = None
    quiet: Quiet = False
    as_json: Json = False
    log_format: Logs = "text"

    def params(self, *raw: str) -> "Params":
        """Read the parameters; without a file, those of PARAMS_FILE where it is there.

        Args:
            raw: The raw files that the command reads from `raw` of the parameters.
        """
        from stages.params import load

        found = load(_places.file(chosen(self.file)), self.overrides or ())
        return found.model_copy(update={"raw": _places.raw(found.raw, raw)}) if raw else found

    def named(self) -> bool:
        """Whether any parameter is named, in a file or on the command line."""
        return bool(chosen(self.file) or self.overrides)


@dataclass(frozen=True)
class Common(_Fetches, Settings):
    """Options of a command with parameters and artifacts."""

    artifacts: Root = ARTIFACTS


def chosen(file: Path | None) -> Path | None:
    """The parameter file: the one named, else PARAMS_FILE where it is there, else none."""
    if file is None and os.path.lexists(PARAMS_FILE):
        return PARAMS_FILE
    return file


def shared(command: Callable[..., None]) -> Callable[..., None]:
    """Spread the last argument of a command, such as a `Common`, into its options.

    Paths below ARTIFACTS that are not named on the command line move below `--artifacts`.
    """
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
        for one in sorted(fields(kind), key=lambda one: one.name != "artifacts")
    ]
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    homes = {one.name: one.default for one in own if _below(one.default)}

    def spread(*arguments: Any, ctx: typer.Context, **named: Any) -> None:
        common = kind(**{one.name: named.pop(one.name) for one in given})
        _console.use(common.log_format)
        root = getattr(common, "artifacts", ARTIFACTS)
        for name, home in homes.items():
            if _unnamed(ctx, name):
                named[name] = root / home.relative_to(ARTIFACTS)
        with _places.used():
            if "artifacts" in vars(common):
                common = replace(common, artifacts=_places.root(root))
            here = _places.local(str(ctx.info_name), named)
            command(*arguments, **here, **{last.name: common})

    spread.__name__, spread.__doc__ = command.__name__, command.__doc__
    spread.__module__ = command.__module__
    spread.__signature__ = inspect.Signature([*own, *given, context])  # type: ignore[attr-defined]
    spread.__annotations__ = {
        **{one.name: one.annotation for one in (*own, *given, context)},
        "return": None,
    }
    return spread


def _below(default: Any) -> bool:
    """Whether a default is a path below ARTIFACTS, or ARTIFACTS itself."""
    return isinstance(default, Path) and default.is_relative_to(ARTIFACTS)


def _unnamed(context: typer.Context, name: str) -> bool:
    """Whether nobody named a value for an option."""
    source = context.get_parameter_source(name)
    return source is None or source.name in {"DEFAULT", "DEFAULT_MAP"}
