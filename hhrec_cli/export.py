"""`hhrec export onnx`."""

from pathlib import Path
from typing import Annotated

import typer

from hhrec_cli._options import Output, shared

app = typer.Typer(help="A bundle in formats that other programs read.", no_args_is_help=True)


@app.callback()
def export() -> None:
    """A bundle in formats that other programs read."""


@app.command("onnx")
@shared
def onnx(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Directory of a bundle.")],
    out: Annotated[Path, typer.Option(help="Directory to write.")],
    *,
    output: Output,
) -> None:
    """Write the query encoder and the item matrix as ONNX, checked against torch.

    Needs the extra `hhrec[onnx]`. The README in the directory says how to use them.
    """
    from stages.export.extra import require_extra

    require_extra()
    output.note("loading torch")
    from stages.export import stage

    with output.progress("export") as progress:
        report = stage.run(bundle=bundle, out=out, progress=progress)
    output.show(report, title="export")
    output.note(f"next: read {out / 'README.md'}")
