"""The face of hhrec: Typer commands that parse, call a stage and show its report."""

from hhrec_cli import _own_stages

_own_stages.require()
