"""How each artifact of a directory stands: fresh, stale, present, changed, foreign or absent."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from stages.core import identity, kinds, manifests, ownership
from stages.core.artifact_paths import SAMPLE_DIR
from stages.core.identity import Known
from stages.core.kinds import Kind
from stages.core.manifests import Manifest
from stages.core.results import RESULTS
from stages.interface.errors import HhrecError

State = Literal["fresh", "stale", "present", "changed", "foreign", "absent"]
NAMES: Mapping[str, Kind] = {SAMPLE_DIR: kinds.SAMPLE, **RESULTS}
# parameters that make each kind, as `params` in dvc.yaml has them
SETTINGS = {
    "events": ("explode", "seed", "split"),
    "filtered": ("filter", "split.kind"),
    "vocab": ("vocab",),
    "features": ("features",),
    "sequences": ("sequences",),
    "model": ("baseline", "evaluate", "predict.seen", "seed", "sequences", "train"),
    "predictions": ("baseline", "predict", "seed", "sequences"),
    "metrics": ("baseline", "evaluate", "predict", "seed", "split"),
    "report": ("filter", "seed", "sequences", "vocab"),
}
FOLLOWED = {"model"}  # references that are no yesterday's: predictions are of this model
SHOWN = 3  # parameters named


class Standing(NamedTuple):
    """How one artifact stands.

    Attributes:
        name: Below the directory.
        state: `fresh`: made from what stands there now; `stale`: from something else, or by other
            parameters; `present`: ours, but nothing says what it was made from; `changed`: not as
            it was written; `foreign`: not ours; `absent`.
        why: In words; empty where there is nothing to say.
        command: What writes it anew.
    """

    name: str
    state: State
    why: str
    command: str


def standings(directory: Path, params: Mapping[str, Any] | None = None) -> list[Standing]:
    """Tell how the artifacts of a directory stand, in the order of the pipeline.

    Args:
        directory: Of artifacts.
        params: Parameters as they are now, to compare with; not compared if not given.
    """
    found: dict[Path, Standing] = {}
    for name, kind in NAMES.items():
        path = directory / name
        state, why = _state(path, kind, params or {}, found)
        found[_place(path)] = Standing(name, state, why, kind.command)
    return list(found.values())


def _state(
    path: Path, kind: Kind, params: Mapping[str, Any], before: Mapping[Path, Standing]
) -> tuple[State, str]:
    if not os.path.lexists(path) or (path.is_dir() and not any(path.iterdir())):
        return "absent", ""
    try:
        ownership.require_own(path, kind)
    except (HhrecError, OSError) as error:
        return ("changed" if _was_ours(path, kind) else "foreign"), str(error)
    try:
        known = identity.identify(path)
    except (HhrecError, OSError) as error:
        return "changed", str(error)
    if known.manifest is None:
        return "present", "no manifest says what it was made from"
    reasons = [*_other_inputs(path, known.manifest, before), *_other_params(known, params)]
    return ("stale", "; ".join(reasons)) if reasons else ("fresh", "")


def _was_ours(path: Path, kind: Kind) -> bool:
    """Whether a directory holds nothing but files of ours, and hhrec wrote one there before."""
    ours = kind.directory and path.is_dir() and not path.is_symlink()
    return ours and bool(manifests.of(path)) and not kinds.foreign(path, kind)


def _other_inputs(path: Path, made: Manifest, before: Mapping[Path, Standing]) -> Iterator[str]:
    """Inputs that are not what an artifact was made from, any more."""
    followed = {role: one for role, one in made.references.items() if role in FOLLOWED}
    for role, source in {**made.inputs, **followed}.items():
        place = path.parent / source.path
        stands = before.get(_place(place))
        if not place.exists():
            yield f"{role} is gone"
        elif stands and stands.state in {"stale", "changed", "foreign"}:
            yield f"{role} is {stands.state}"
        elif _digest(place) != source.digest:
            yield f"{role} is another now"


def _digest(place: Path) -> str:
    try:
        return identity.identify(place).digest
    except (HhrecError, OSError):
        return ""


def _other_params(known: Known, params: Mapping[str, Any]) -> Iterator[str]:
    """Parameters that are others now than those that made an artifact."""
    if not params or known.manifest is None or not known.manifest.params:
        return
    names = SETTINGS.get(known.manifest.kind, ())
    was, now = (
        {key: value for name in names for key, value in _leaves(name, _at(values, name))}
        for values in (known.manifest.params, params)
    )
    other = [name for name in sorted({*was, *now}) if was.get(name) != now.get(name)]
    told = [f"{name} was {was.get(name)}, is {now.get(name)}" for name in other[:SHOWN]]
    if other:
        yield ", ".join(told) + (" …" if len(other) > SHOWN else "")


def _at(values: Any, name: str) -> Any:
    for key in name.split("."):
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        yield name, value
        return
    for key, inner in value.items():
        yield from _leaves(f"{name}.{key}", inner)


def _place(path: Path) -> Path:
    """A path that is the same however it is spelled; links are not followed."""
    return Path(os.path.abspath(path))  # noqa: PTH100  `absolute` keeps `..`
