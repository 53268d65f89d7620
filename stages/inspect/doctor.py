"""Look at everything around a pipeline: environment, machine, files; say what to do."""

import os
import platform
import resource
import shutil
from collections.abc import Iterator, Sequence
from importlib import import_module, metadata, util
from pathlib import Path
from typing import Any, Literal, NamedTuple

import psutil  # type: ignore[import-untyped]
from packaging.requirements import InvalidRequirement, Requirement

from stages.core.artifact_paths import RAW_FILES
from stages.inspect.status import standings
from stages.interface.errors import HhrecError
from stages.interface.machine import cores, nearest
from stages.params import Params, load, reading
from stages.remote.mirror import is_file
from stages.remote.urls import named

GB = 1 << 30
ROOM = 2  # GB free on a disk under which a run may not end
FILES = 256  # open files that a run needs
DVC_FILE = Path("dvc.yaml")


class Finding(NamedTuple):
    """One thing looked at.

    Attributes:
        name: Of the thing.
        state: `ok`, `look` (it may be meant so), or `wrong`.
        found: In words.
        advice: What to do; empty where nothing.
    """

    name: str
    state: Literal["ok", "look", "wrong"]
    found: str
    advice: str = ""


def examine(params_file: Path | None, artifacts: Path, stages: Sequence[str]) -> Iterator[Finding]:
    """Yield what is found, thing by thing; nothing is changed.

    Args:
        params_file: Parameters; none means the defaults.
        artifacts: Directory of artifacts.
        stages: Names of the stages of this version, which `dvc.yaml` should have.
    """
    yield from packages()
    params, finding = parameters(params_file)
    yield finding
    yield disk(artifacts)
    yield from machine(params)
    yield from devices()
    if params:
        yield raw_files(Path(params.raw))
    yield from standing(artifacts, params)
    yield from pipeline_file(DVC_FILE, stages)


def packages() -> Iterator[Finding]:
    """Python, and the packages that hhrec needs."""
    yield Finding("python", "ok", platform.python_version())
    try:
        needed = [Requirement(one) for one in metadata.requires("hhrec") or ()]
    except (metadata.PackageNotFoundError, InvalidRequirement):
        yield Finding(
            "packages", "look", "hhrec is not installed", "pip install -e . in its folder"
        )
        return
    needed = [one for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    faults = [fault for fault in map(_fault, needed) if fault]
    if faults:
        yield Finding("packages", "wrong", ", ".join(faults), "make install, or pip install hhrec")
    else:
        yield Finding("packages", "ok", f"{len(needed)} as hhrec {metadata.version('hhrec')} needs")


def _fault(needed: Requirement) -> str:
    try:
        found = metadata.version(needed.name)
    except metadata.PackageNotFoundError:
        return f"{needed.name} is missing"
    fits = needed.specifier.contains(found, prereleases=True)
    return "" if fits else f"{needed.name} {found}, expected {needed.specifier}"


def parameters(file: Path | None) -> tuple[Params | None, Finding]:
    """The parameters, where they can be read."""
    try:
        return load(file), Finding("parameters", "ok", str(file or "the defaults: no params.yaml"))
    except HhrecError as error:
        return None, Finding("parameters", "wrong", error.message, error.hint)


def disk(artifacts: Path) -> Finding:
    """Room and rights where artifacts are written."""
    place = nearest(artifacts)
    if not os.access(place, os.W_OK | os.X_OK):
        return Finding("disk", "wrong", f"{place} cannot be written", "name another place")
    free = shutil.disk_usage(place).free
    found = f"{free / GB:,.1f} GB free at {place}"
    if free < ROOM * GB:
        return Finding("disk", "look", found, "make room, or name another place: --artifacts DIR")
    return Finding("disk", "ok", found)


def machine(params: Params | None) -> Iterator[Finding]:
    """Memory, threads, and limits of the shell."""
    free = psutil.virtual_memory().available / GB
    wanted = params.explode.memory_gb if params else 0
    if wanted > free:
        advice = f"close other programs, or --set explode.memory_gb={max(1, int(free))}"
        yield Finding("memory", "look", f"{free:.1f} GB, explode.memory_gb is {wanted}", advice)
    else:
        yield Finding("memory", "ok", f"{free:.1f} GB")
    names = ("OMP_NUM_THREADS", "POLARS_MAX_THREADS")
    set_ = ", ".join(f"{name}={os.environ[name]}" for name in names if name in os.environ)
    yield Finding("threads", "ok", f"{cores()} cores{', ' * bool(set_)}{set_}")
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    few = files != resource.RLIM_INFINITY and files < FILES
    yield Finding(
        "open files", "look" if few else "ok", str(files), "ulimit -n 4096" if few else ""
    )


def devices() -> Iterator[Finding]:
    """What a model is trained on."""
    try:
        torch: Any = import_module("torch")  # seconds, so that the rest is told without it
    except (ImportError, OSError) as error:
        yield Finding("devices", "wrong", f"torch cannot be imported: {error}", "make install")
        return
    if not torch.cuda.is_available():
        yield Finding("devices", "ok", f"cpu, {torch.get_num_threads()} threads")
    for number in range(torch.cuda.device_count()):
        free, whole = torch.cuda.mem_get_info(number)
        name = f"{torch.cuda.get_device_name(number)}, {free / GB:.1f} of {whole / GB:.1f} GB free"
        yield Finding("devices", "ok", name)


def raw_files(raw: Path) -> Finding:
    """The input files, on this machine or in an object store."""
    try:
        lost = [name for name in RAW_FILES if not is_file(raw / name)]
    except HhrecError as error:
        return Finding("raw files", "wrong", error.message, error.hint)
    where = named(str(raw))
    if lost:
        advice = "hhrec data sample, hhrec data import LOG, or set `raw` in params.yaml"
        return Finding("raw files", "look", f"{where}: {', '.join(lost)} not found", advice)
    return Finding("raw files", "ok", where)


def standing(artifacts: Path, params: Params | None) -> Iterator[Finding]:
    """What stands among the artifacts that should be made anew or moved away."""
    found = standings(artifacts, params.model_dump(mode="json") if params else None)
    for one in found:
        if one.state == "foreign":
            yield Finding(f"{artifacts / one.name}", "look", one.why, "move it away")
        elif one.state == "changed":
            yield Finding(f"{artifacts / one.name}", "wrong", one.why, one.command)
        elif one.state == "stale":
            yield Finding(f"{artifacts / one.name}", "look", f"stale: {one.why}", one.command)
    states = [one.state for one in found]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    yield Finding("artifacts", "ok", counts)


def pipeline_file(file: Path, expected: Sequence[str]) -> Iterator[Finding]:
    """`dvc.yaml`: whether it is this version's, and whether DVC is there to run it."""
    if not file.is_file():
        yield Finding(str(file), "ok", "none: `hhrec run` needs none")
        return
    try:
        parsed = reading.parsed(file.read_text(encoding="utf-8"), where=str(file))
        stages = parsed["stages"]
        deps = [dep for one in stages.values() for dep in _deps(one)]
    except (HhrecError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        yield Finding(str(file), "wrong", f"not a pipeline of DVC ({error})", f"mend {file}")
        return
    faults = [f"no stage {name}" for name in expected if name not in stages]
    faults += [
        f"{dep} not found" for dep in dict.fromkeys(deps) if not (file.parent / dep).exists()
    ]
    if faults:
        advice = "take dvc.yaml from the same version as hhrec's code"
        yield Finding(str(file), "look", "; ".join(faults[:3]), advice)
    elif util.find_spec("dvc") is None:
        yield Finding(str(file), "look", "dvc is not installed", "pip install dvc, or `hhrec run`")
    else:
        yield Finding(str(file), "ok", f"{len(stages)} stages, dvc {metadata.version('dvc')}")


def _deps(stage: Any) -> Iterator[str]:
    """Code that a stage depends on."""
    return (dep for dep in stage.get("deps", ()) if str(dep).startswith("stages/"))
