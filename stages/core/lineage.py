"""Whether artifacts fit together: each says by content what it was made from."""

from collections.abc import Collection, Mapping
from pathlib import Path

from stages.core import manifests
from stages.core.identity import Known
from stages.core.manifests import Manifest
from stages.interface.errors import HhrecError

SHOWN = 12  # characters of a hash in messages


def check(
    given: Mapping[str, Known],
    present: Mapping[str, Known] | None = None,
    roles: Collection[str] | None = None,
) -> None:
    """Refuse inputs that were not made from each other.

    What an input says it was made from must be what stands beside it; what two inputs say of a
    third that is not read must agree. An input without a manifest says nothing.

    Args:
        given: Inputs by role, such as `vocab`.
        present: Further artifacts that inputs may have been made from, by role.
        roles: What is compared, where less than everything has to be the same.

    Raises:
        HhrecError: It names the first two that do not fit, and the command to repeat.
    """
    there = {**given, **(present or {})}
    said: dict[str, tuple[str, Known]] = {}
    for known in given.values():
        if known.manifest is None:
            continue
        for role, found in _told(known.path, known.manifest, there).items():
            if roles is not None and role not in roles:
                continue
            if role in there:
                _compare(known, role, found, there[role].digest, there[role].path)
            elif role in said:
                _compare(known, role, found, *_of(said[role]))
            said.setdefault(role, (found, known))


def _of(said: tuple[str, Known]) -> tuple[str, str]:
    digest, known = said
    return digest, f"that of {known.path}"


def _told(path: Path, made: Manifest, there: Mapping[str, Known]) -> dict[str, str]:
    """Digest by role of all that an artifact was made from; not beyond what stands there."""
    found = {role: source.digest for role, source in made.references.items() if role in there}
    for role, source in made.inputs.items():
        found[role] = source.digest
        if role in there:
            continue
        place = (path.parent / source.path).absolute()
        behind = manifests.lookup(place, source.digest)
        if behind:
            for name, digest in _told(place, behind, there).items():
                found.setdefault(name, digest)
    return found


def _compare(known: Known, role: str, found: str, expected: str, where: object) -> None:
    if found == expected:
        return
    command = known.manifest.command if known.manifest else ""
    raise HhrecError(
        f"{known.path}: made from another {role} than {where}: expected {expected[:SHOWN]}, "
        f"found {found[:SHOWN]}",
        f"run `{command}` to make it anew, or name the {role} that it was made from",
    )


def require_fact(known: Known, name: str, expected: str) -> None:
    """Refuse an artifact of another sort, such as predictions for another part; none says nothing.

    Raises:
        HhrecError: Its manifest says something else.
    """
    found = known.manifest.facts.get(name, expected) if known.manifest else expected
    if found != expected:
        raise HhrecError(
            f"{known.path}: expected {known.manifest.kind if known.manifest else 'a file'} of "
            f"{name} {expected}, found {found}",
            f"name a file of {name} {expected}",
        )
