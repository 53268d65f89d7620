"""`hhrec serve`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hhrec_cli import _console, _places
from hhrec_cli._options import Output, shared
from stages.interface import extras

if TYPE_CHECKING:
    from stages.serve.run import Listening

NEEDED = ("fastapi", "uvicorn", "prometheus_client")


@shared
def serve(
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="Directory of a bundle, or of artifacts.")
    ],
    host: Annotated[
        str, typer.Option(help="Where to listen; 0.0.0.0 for every network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.", min=0, max=65535)] = 8000,
    events: Annotated[
        Path | None,
        typer.Option(
            help="Events of people (`hhrec explode` writes them) whom the page may look up. "
            "Whoever reaches the server then reads what they did. (default: nobody)",
        ),
    ] = None,
    vacancies: Annotated[
        Path | None,
        typer.Option(
            help="The catalogue, for names and fields that the bundle lacks. (default: none)",
            metavar="FILE",
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(help="Until a request is refused.", min=0.1, max=600)
    ] = 10.0,
    batch: Annotated[int, typer.Option(help="Histories ranked together.", min=1, max=1024)] = 64,
    waiting: Annotated[
        int, typer.Option(help="Histories that may wait; more are refused.", min=1)
    ] = 2_048,
    body: Annotated[
        int, typer.Option(help="Bytes of a request's body at most.", min=1_000)
    ] = 4_000_000,
    drain: Annotated[
        int, typer.Option(help="Seconds for running requests after SIGTERM.", min=1)
    ] = 30,
    watch: Annotated[
        float,
        typer.Option(help="Seconds between looks for a new bundle at this path; 0: never.", min=0),
    ] = 2.0,
    *,
    output: Output,
) -> None:
    """Answer over HTTP: recommendations, similar vacancies, metrics, and a page to explore them.

    A token is asked for where the environment variable HHREC_TOKEN holds one. Needs the extra
    `hhrec[serve]`.
    """
    extras.require("hhrec serve", "serve", NEEDED)
    output.note("loading torch")
    from stages.serve import run, settings
    from stages.serve.recommender_engine import loader

    limits = settings.Limits(body=body, seconds=seconds, waiting=waiting, batch=batch, drain=drain)

    def ready(found: "Listening") -> None:
        if output.as_json:
            _console.show_json({"url": found.url, "model": found.model})
        elif not output.quiet:
            _console.show_rows(["serve", ""], [("url", found.url), ("model", found.model)])

    _places.watch(bundle, watch)
    run.run(
        bundle,
        loader(vacancies),
        address=settings.Address(host, port),
        limits=limits,
        token=settings.token(),
        events=events,
        watch=watch,
        ready=ready,
    )
