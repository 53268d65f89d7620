"""Public functions and classes that no test names: `make untested`.

A name counts as tested when a file below tests/ (benchmarks apart) names it, by an import or as
`module.name`, or when tested code of its folder, or of one above, uses it. What is exempt stands in
`untested.txt` beside this file: a pattern and the reason. Reads source text and imports none of it.
"""

import ast
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("stages", "hhrec_cli", "hhrec")
REASONS = Path(__file__).with_name("untested.txt")
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def dotted(file: Path) -> str:
    """Module of a source file, relative to the repository."""
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def parsed(root: Path, *folders: str) -> dict[str, ast.Module]:
    """Syntax trees of all modules below some folders, or of modules of those names."""
    places = [place for one in folders for place in (root / one, root / f"{one}.py")]
    files = {file for place in places for file in place.rglob("*.py")}
    files |= {place for place in places if place.suffix and place.is_file()}
    return {
        dotted(file.relative_to(root)): ast.parse(file.read_text(encoding="utf-8"))
        for file in sorted(files)
    }


def imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield what each imported name stands for, as a dotted path."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (
                    (alias.asname or alias.name.split(".")[0]),
                    (alias.name if alias.asname else alias.name.split(".")[0]),
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield (alias.asname or alias.name), f"{node.module}.{alias.name}"


def path_of(node: ast.expr, known: dict[str, str]) -> str | None:
    """Dotted path of `name` or `name.attribute...`, None where it is nothing imported."""
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Attribute) and (base := path_of(node.value, known)):
        return f"{base}.{node.attr}"
    return None


def mentions(tree: ast.Module) -> set[str]:
    """Dotted paths that a file imports or reaches through what it imports."""
    known = dict(imports(tree))
    return {*known.values(), *paths(tree, known)}


def resolved(path: str, exports: dict[str, str]) -> str:
    """Follow what packages export: `stages.predict.run` is `stages.predict.stage.run`."""
    while path in exports and exports[path] != path:
        path = exports[path]
    return path


def definitions(tree: ast.Module) -> dict[str, ast.stmt]:
    """Functions, classes and constants at the top of a module, private ones too."""
    found: dict[str, ast.stmt] = {}
    for node in tree.body:
        if isinstance(node, Definition):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {one.id: node for one in targets if isinstance(one, ast.Name)}
    return found


def uses(module: str, tree: ast.Module) -> dict[str, set[str]]:
    """Dotted paths that each definition of a module uses.

    What a statement or a decorator registers with a name, as with `app.command(...)`, that name uses.
    """
    own = definitions(tree)
    known = {name: path for name, path in imports(tree) if name not in own}
    known |= {name: f"{module}.{name}" for name in own}
    found = {name: paths(node, known) for name, node in own.items()}
    for node in tree.body:
        if isinstance(node, ast.Expr):
            for name in roots(node) & set(found):
                found[name] |= paths(node, known)
        elif isinstance(node, Definition):
            for name in set().union(*map(roots, node.decorator_list)) & set(found):
                found[name].add(f"{module}.{node.name}")
    return {f"{module}.{name}": reached for name, reached in found.items()}


def paths(tree: ast.AST, known: dict[str, str]) -> set[str]:
    """Dotted paths of all names and attributes in a piece of code."""
    found = (path_of(node, known) for node in ast.walk(tree) if isinstance(node, ast.expr))
    return {path for path in found if path}


def roots(tree: ast.AST) -> set[str]:
    """Plain names in a piece of code."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def folder(path: str) -> str:
    """Package of a definition: `stages.train` of `stages.train.plan.config_of`."""
    return path.rsplit(".", 2)[0]


def untested(root: Path = ROOT) -> list[str]:
    """Dotted paths of public functions and classes that no test reaches as told above."""
    trees = parsed(root, *PACKAGES)
    exports = {
        f"{module}.{name}": path
        for module, tree in trees.items()
        for name, path in imports(tree)
        if name not in definitions(tree)
    }
    used = {path: found for one, tree in trees.items() for path, found in uses(one, tree).items()}
    tests = parsed(root, "tests")
    waiting = [
        resolved(path, exports)
        for module, tree in tests.items()
        if not module.startswith("tests.benchmarks")
        for path in mentions(tree)
    ]
    reached = set[str]()
    while waiting:
        path = waiting.pop()
        if path in used and path not in reached:
            reached.add(path)
            onward = {resolved(one, exports) for one in used[path]}
            waiting += [one for one in onward if (folder(one) + ".").startswith(folder(path) + ".")]
    public = [
        f"{module}.{name}"
        for module, tree in trees.items()
        for name, node in definitions(tree).items()
        if isinstance(node, Definition) and not name.startswith("_")
    ]
    return [path for path in public if path not in reached]


def reasons(file: Path = REASONS) -> dict[str, str]:
    """Patterns of names that need no test of their own, each with its reason."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line[:1] not in "# "]
    return {
        pattern: reason.strip() for pattern, _, reason in (one.partition("  ") for one in lines)
    }


def main() -> int:
    """Print what is neither tested nor exempt; 1 if there is any."""
    exempt = reasons()
    left = [name for name in untested() if not any(fnmatch(name, one) for one in exempt)]
    sys.stdout.write("".join(f"{name}\n" for name in left))
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
