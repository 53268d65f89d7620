"""`hhrec params`."""

import sys
from typing import Annotated

import typer

from hhrec_cli import _console
from hhrec_cli._options import PARAMS_FILE, Common, shared


@shared
def params(
    as_yaml: Annotated[
        bool, typer.Option("--yaml", help="Write a complete, commented params.yaml on stdout.")
    ] = False,
    *,
    common: Common,
) -> None:
    """Print every parameter: its value, default, range and meaning.

    Without a parameter file of the default name, the values are the defaults.
    """
    from stages.params import Params, reference

    absent = common.file == PARAMS_FILE and not common.file.exists() and not common.overrides
    settings = Params() if absent else common.params()
    rows = list(reference.described(settings))
    if common.as_json:
        _console.show_json({row.name: row._asdict() for row in rows})
    elif as_yaml:
        sys.stdout.write(reference.as_yaml(settings))
    elif not common.quiet:
        header = ["parameter", "value", "default", "range", "meaning"]
        _console.show_rows(header, rows, texts=["range", "meaning"])
