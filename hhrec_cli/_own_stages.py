"""Import the `stages` that belongs to this installation, whatever else has that name."""

import sys
from importlib import import_module
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
NAME = "stages"


def require() -> None:
    """Import hhrec's own `stages`; modules inside it are then found there, not on `sys.path`.

    A folder `stages` in the working directory would be found first by `python -m hhrec_cli` and in
    notebooks. `sys.path` is changed for the time of the import only.

    Raises:
        ImportError: Another package of that name is imported already.
    """
    sys.path.insert(0, str(HOME))
    try:
        found = import_module(NAME)
    finally:
        sys.path.remove(str(HOME))
    where = next(iter(getattr(found, "__path__", ())), str(found.__file__))
    if Path(where).resolve() != HOME / NAME:
        raise ImportError(
            f"hhrec needs its own package `{NAME}` ({HOME / NAME}), but another one is imported "
            f"already ({where}): import hhrec before it, or in a process of its own",
            name=NAME,
            path=where,
        )
