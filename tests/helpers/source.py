"""Which modules of `stages` a module imports, directly or not, read from the source text."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


def file_of(module: str) -> Path | None:
    """Source file of a module of this repository, None for one from elsewhere."""
    stem = ROOT.joinpath(*module.split("."))
    return next(
        (path for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()), None
    )


def imported(file: Path) -> Iterator[str]:
    """Yield the modules of `stages` that a file imports, wherever the statement stands."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parents(module: str) -> list[str]:
    """Packages that Python imports before a module."""
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def closure(module: str) -> set[str]:
    """Source files, relative to the repository, that a module's behaviour rests on."""
    found: set[str] = set()
    waiting = [module, *parents(module)]
    while waiting:
        file = file_of(waiting.pop())
        if file is None or file.relative_to(ROOT).as_posix() in found:
            continue
        found.add(file.relative_to(ROOT).as_posix())
        ours = [name for name in imported(file) if name.startswith("stages")]
        waiting += [each for name in ours for each in (name, *parents(name))]
    return found
