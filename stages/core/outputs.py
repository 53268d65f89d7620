"""The one way to write: checked before any work, old or new at every instant, with a manifest.

made = prepare(out, kinds.VOCAB, inputs={"filtered": events})   # at the start of a stage
with made.replacing() as scratch:                               # at its end
    write(scratch)
"""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import polars as pl
from pydantic import BaseModel
from safetensors import SafetensorError

from stages.core import exchange, identity, lineage, locks, manifests, ownership
from stages.core.fingerprints import digest, marks
from stages.core.identity import Known
from stages.core.kinds import Kind
from stages.core.manifests import Manifest, Source
from stages.interface import failures
from stages.interface.errors import HhrecError


class Watcher(Protocol):
    """Told of every artifact that is written or removed, such as one that publishes it elsewhere."""

    def preparing(self, out: Path, kind: Kind) -> None:
        """Something is going to be written; an error refuses it."""

    def replaced(self, out: Path, kind: Kind, made: Manifest) -> None:
        """Something new and whole stands there."""

    def removed(self, out: Path) -> None:
        """What stood there was removed."""


watchers: list[Watcher] = []  # of the command that runs
FAILURES = (OSError, MemoryError, pl.exceptions.PolarsError, SafetensorError)


@dataclass
class Output:
    """Where an artifact is going to stand, locked and checked.

    Attributes:
        path: A file or a directory.
        kind: Of the artifact.
        inputs: What it is made from.
        references: What is read besides.
        params: Parameters for the manifest.
        facts: What tells it from others of its kind.
        holds: Locks, held as long as this object lives.
    """

    path: Path
    kind: Kind
    inputs: Mapping[str, Known]
    references: Mapping[str, Known]
    params: Mapping[str, Any]
    facts: dict[str, str] = field(default_factory=dict)
    holds: list[locks.Lock] = field(default_factory=list)

    @contextmanager
    def replacing(self) -> Iterator[Path]:
        """Yield a sibling to write to; whole, it replaces what stood there, else it vanishes.

        Raises:
            HhrecError: The disk is full, say, or somebody put something else there meanwhile.
        """
        with mended(self.path):
            scratch = exchange.scratch_beside(self.path)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                yield scratch
                ownership.require(self.path, self.kind)
                made = self.manifest_of(scratch)
                manifests.write(self.path, made)
                exchange.put(scratch, self.path)
            finally:
                exchange.remove(scratch)
            for one in watchers:
                one.replaced(self.path, self.kind, made)

    def manifest_of(self, scratch: Path) -> Manifest:
        """Describe what was written."""
        files = marks(scratch)
        return Manifest(
            kind=self.kind.name,
            command=self.kind.command,
            digest=digest(files),
            files=files,
            inputs=self._sources(self.inputs),
            references=self._sources(self.references),
            facts=self.facts,
            params=self.params,
            packages=manifests.packages(),
        )

    def _sources(self, given: Mapping[str, Known]) -> dict[str, Source]:
        base = self.path.parent.absolute()
        return {
            role: Source(os.path.relpath(known.path.absolute(), base), known.digest)
            for role, known in given.items()
        }


def prepare(
    out: Path,
    kind: Kind,
    *,
    inputs: Mapping[str, Path | None] | None = None,
    references: Mapping[str, Path | None] | None = None,
    params: BaseModel | None = None,
    facts: Mapping[str, str] | None = None,
    roles: Collection[str] | None = None,
) -> Output:
    """Check all that can be checked before the work, and lock the place.

    Args:
        out: Where the artifact is to stand.
        kind: What it is.
        inputs: What it is made from, by role; they must fit together. What is not there is left
            for the stage to complain of.
        references: What is read besides, such as yesterday's model: whole, but maybe of another
            log; the artifact may take its place.
        params: Parameters that make it.
        facts: What tells it from others of its kind.
        roles: What inputs must agree on; none means everything.

    Raises:
        HhrecError: The place is not ours or cannot be written, somebody else writes there, an input
            is not as it was written, or inputs do not fit together.
    """
    sources = {role: path for role, path in (inputs or {}).items() if path is not None}
    for one in watchers:
        one.preparing(out, kind)
    ownership.require(out, kind, sources.values())
    with mended(out):
        known, beside = identified(sources), identified(references or {})
        lineage.check(known, beside, roles)
        held = locks.lock(out)
        manifests.sweep(out)
    # where the work is done shapes no result, and settings of a cluster may hold credentials
    shown = params.model_dump(mode="json", exclude={"engine"}) if params else {}
    return Output(out, kind, known, beside, shown, dict(facts or {}), [held])


@contextmanager
def scratch_directory(made: Output) -> Iterator[Path]:
    """Yield a directory for work, beside an output; it is gone in the end."""
    with mended(made.path):
        work = exchange.scratch_beside(made.path)
        work.mkdir(parents=True)
        try:
            yield work
        finally:
            exchange.remove(work)


def identified(paths: Mapping[str, Path | None]) -> dict[str, Known]:
    """What stands at each path that is there."""
    given = {role: path for role, path in paths.items() if path is not None and path.exists()}
    return {role: identity.identify(path) for role, path in given.items()}


def part_of(known: Known) -> str | None:
    """Whose rows predictions are for, where their manifest says it."""
    return known.manifest.facts.get("part") if known.manifest else None


def remove(path: Path, kind: Kind) -> None:
    """Remove an artifact that hhrec wrote.

    Raises:
        HhrecError: Something else stands there.
    """
    if os.path.lexists(path):
        ownership.require_own(path, kind)
        with mended(path):
            exchange.remove(path)
        for one in watchers:
            one.removed(path)


def remove_empty(directory: Path) -> None:
    """Remove a directory of ours in which nothing but manifests is left."""
    with mended(directory):
        exchange.remove(directory)


@contextmanager
def mended(path: Path) -> Iterator[None]:
    """Turn a failure of the system while something is written into an error with advice."""
    try:
        yield
    except HhrecError:
        raise
    except FAILURES as error:
        if isinstance(error, (OSError, MemoryError)) or failures.number_of(error):
            raise failures.described(error, path) from error
        raise
