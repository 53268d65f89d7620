"""`hhrec`: the commands in pipeline order, and the one place where errors become exit codes."""

import os
import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from hhrec_cli import (
    baseline,
    blend,
    bundle,
    daily,
    data,
    doctor,
    evaluate,
    explain,
    explode,
    export,
    features,
    filter,  # noqa: A004  the stage is called filter
    init,
    params,
    plan,
    predict,
    recommend,
    report,
    run,
    sequences,
    serve,
    status,
    train,
    tune,
    vocab,
)
from hhrec_cli._failures import exit_with
from stages import STAGES

ORDER = (
    "init",
    "data",
    *STAGES,
    "bundle",
    "recommend",
    "similar",
    "explain",
    "evaluate",
    "baseline",
    "blend",
    "tune",
    "report",
    "serve",
    "export",
    "plan",
    "run",
    "daily",
    "status",
    "doctor",
    "params",
)


class InOrder(TyperGroup):
    """Lists the commands in the order in which a pipeline runs them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in order; a command that was forgotten in ORDER comes last."""
        found = super().list_commands(ctx)
        return sorted(found, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))


app = typer.Typer(
    name="hhrec",
    cls=InOrder,
    help="From the session logs of a job board to the vacancies each person will respond to next.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

COMPLETION = "_HHREC_COMPLETE"  # set by the shell that completes a command line
RAW, WORK, AFTER = "To begin with", "Stages, in order", "Results and tools"
app.command("init", rich_help_panel=RAW)(init.init)
app.add_typer(data.app, name="data", rich_help_panel=RAW)
app.command("explode", rich_help_panel=WORK)(explode.explode)
app.command("filter", rich_help_panel=WORK)(filter.filter_events)
app.add_typer(vocab.app, name="vocab", rich_help_panel=WORK)
app.add_typer(features.app, name="features", rich_help_panel=WORK)
app.add_typer(sequences.app, name="sequences", rich_help_panel=WORK)
app.command("train", rich_help_panel=WORK)(train.train)
app.command("predict", rich_help_panel=WORK)(predict.predict)
app.command("bundle", rich_help_panel=AFTER)(bundle.bundle)
app.command("recommend", rich_help_panel=AFTER)(recommend.recommend)
app.command("similar", rich_help_panel=AFTER)(recommend.similar)
app.command("explain", rich_help_panel=AFTER)(explain.explain)
app.command("evaluate", rich_help_panel=AFTER)(evaluate.evaluate)
app.command("baseline", rich_help_panel=AFTER)(baseline.baseline)
app.command("blend", rich_help_panel=AFTER)(blend.blend)
app.command("tune", rich_help_panel=AFTER)(tune.tune)
app.command("report", rich_help_panel=AFTER)(report.report)
app.command("serve", rich_help_panel=AFTER)(serve.serve)
app.add_typer(export.app, name="export", rich_help_panel=AFTER)
app.command("plan", rich_help_panel=AFTER)(plan.plan)
app.command("run", rich_help_panel=AFTER)(run.run)
app.command("daily", rich_help_panel=AFTER)(daily.daily)
app.command("status", rich_help_panel=AFTER)(status.status)
app.command("doctor", rich_help_panel=AFTER)(doctor.doctor)
app.command("params", rich_help_panel=AFTER)(params.params)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"hhrec {version('hhrec')}\n")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """From the session logs of a job board to the vacancies each person will respond to next."""
    del version


def main() -> None:
    """Run the command line: every failure becomes a message and its exit code."""
    if COMPLETION in os.environ:
        import_module("typer.completion").completion_init()
    exit_with(app)
