"""Begin a project: params.yaml, dvc.yaml and .gitignore, each only where nothing stands yet."""

import os
from pathlib import Path

from stages.core import kinds, outputs
from stages.interface.errors import HhrecError, UsageError
from stages.interface.stage_report import Report
from stages.params import reference, validated

PARAMS, PIPELINE, IGNORED = "params.yaml", "dvc.yaml", ".gitignore"
TEMPLATE = Path(__file__).with_name("pipeline.yaml")
NOT_IN_GIT = "/artifacts/\n.hhrec/\n"


class InitReport(Report):
    """What was written, and what stood there and was left alone."""

    written: list[str]
    kept: list[str]

    def remarks(self) -> list[str]:
        """Say what to look at in files that were there before."""
        return [f"{name}: stands there already, left alone" for name in self.kept]


def run(directory: Path, *, raw: str | None = None) -> InitReport:
    """Write the files of a project that are not there yet; nothing is ever overwritten.

    Args:
        directory: Of the project; made if it is not there.
        raw: Directory of the input files, as seen from the project; `raw` if not given.

    Raises:
        UsageError: `raw` is given, but there are parameters already.
        HhrecError: All files are there already, or the directory cannot be written.
    """
    contents = texts(raw or "raw")
    kept = [name for name in contents if os.path.lexists(directory / name)]
    if raw is not None and PARAMS in kept:
        raise UsageError(
            f"{directory / PARAMS}: stands there already, so --raw {raw} cannot be written into it",
            f"leave --raw out, and change the line `raw:` of {PARAMS}",
        )
    if len(kept) == len(contents):
        raise HhrecError(
            f"{directory}: {', '.join(kept)} stand there already; nothing is overwritten",
            "name another directory, or move away what is to be written anew",
        )
    wanted = [name for name in contents if name not in kept]
    places = {name: outputs.prepare(directory / name, kinds.PROJECT) for name in wanted}
    for name, place in places.items():
        with place.replacing() as scratch:
            scratch.write_text(contents[name], encoding="utf-8")
    return InitReport(written=wanted, kept=kept)


def texts(raw: str) -> dict[str, str]:
    """The files of a project by name."""
    return {
        PARAMS: reference.as_yaml(validated({"raw": raw}, where="--raw")),
        PIPELINE: TEMPLATE.read_text(encoding="utf-8"),
        IGNORED: NOT_IN_GIT,
    }
