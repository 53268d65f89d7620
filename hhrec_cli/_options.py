"""Options that several commands share, so that they read alike everywhere."""

from pathlib import Path
from typing import Annotated

import typer

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
