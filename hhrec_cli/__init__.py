"""The face of hhrec: Typer commands that parse, call a stage and show its report."""
