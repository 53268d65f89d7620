"""hhrec for Python programs and notebooks: docs/python.md shows each function at work.

Nothing heavy is imported before it is used.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stages.api.raw import check, import_log, sample
    from stages.api.scores import baseline, compare, evaluate, score
    from stages.api.steps import parameters, run, run_step, train
    from stages.bert4rec.network.model import HhrecModel
    from stages.interface.errors import HhrecError
    from stages.params import Params
    from stages.recommend.answers import Answer, Query, Rules
    from stages.recommend.recommender import Recommender, load

__all__ = [
    "Answer",
    "HhrecError",
    "HhrecModel",
    "Params",
    "Query",
    "Recommender",
    "Rules",
    "baseline",
    "check",
    "compare",
    "evaluate",
    "import_log",
    "load",
    "parameters",
    "run",
    "run_step",
    "sample",
    "score",
    "train",
]

_MODULES = {
    "stages.api.raw": ("check", "import_log", "sample"),
    "stages.api.scores": ("baseline", "compare", "evaluate", "score"),
    "stages.api.steps": ("parameters", "run", "run_step", "train"),
    "stages.bert4rec.network.model": ("HhrecModel",),
    "stages.interface.errors": ("HhrecError",),
    "stages.params": ("Params",),
    "stages.recommend.answers": ("Answer", "Query", "Rules"),
    "stages.recommend.recommender": ("Recommender", "load"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import what is asked for."""
    if name == "__version__":
        return import_module("importlib.metadata").version("hhrec")
    if name not in _HOME:
        raise AttributeError(f"module 'hhrec' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_HOME[name]), name)
    return found


def __dir__() -> list[str]:
    """List what there is, imported or not."""
    return sorted([*__all__, "__version__"])


def _import_own_packages() -> None:
    """Import `hhrec_cli`, which imports `stages`, from beside this file."""
    home = str(Path(__file__).resolve().parent)
    sys.path.insert(0, home)
    try:
        import_module("hhrec_cli._own_stages")
    finally:
        sys.path.remove(home)


_import_own_packages()
