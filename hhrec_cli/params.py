"""`hhrec params`."""

import sys
from typing import Annotated

import typer

from hhrec_cli import _console
from hhrec_cli._options import Settings, shared


@shared
def params(
    as_yaml: Annotated[
        bool, typer.Option("--yaml", help="Write a complete, commented params.yaml on stdout.")
    ] = False,
    *,
    common: Settings,
) -> None:
    """Print every parameter: its value, default, range and meaning."""
    from stages.params import reference

    settings = common.params()
    rows = list(reference.described(settings))
    if common.as_json:
        _console.show_json({row.name: row._asdict() for row in rows})
    elif as_yaml:
        sys.stdout.write(reference.as_yaml(settings))
    elif not common.quiet:
        header = ["parameter", "value", "default", "range", "meaning"]
        _console.show_rows(header, rows, texts=["range", "meaning"])
