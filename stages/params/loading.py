"""`params.yaml` and `--set`: read, and checked with every fault at once."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stages.interface import failures
from stages.interface.errors import HhrecError, MissingInputError
from stages.params import reading
from stages.params.base import SECRET, Section
from stages.params.root import Params

SHOWN, LONGEST = 20, 80  # faults, and characters of one value, in a message


def load(path: Path | None, overrides: Sequence[str] = ()) -> Params:
    """Read parameters from YAML, apply `section.key=value` overrides, report every fault at once.

    Args:
        path: The file; none means the defaults.
        overrides: Words such as `train.lr=0.0005`.

    Raises:
        MissingInputError: The file is not there.
        HhrecError: It is not YAML, or parameters are unknown or out of range.
    """
    values = {} if path is None else _read(path)
    for override in overrides:
        _apply(values, override)
    return validated(values, where="--set" if path is None else str(path))


def _read(path: Path) -> dict[str, Any]:
    """The mapping in a parameter file."""
    if not path.is_file():
        raise MissingInputError(
            f"{path}: parameter file not found",
            "write one: hhrec params --yaml > params.yaml; or name one with --params FILE",
        )
    try:
        if path.stat().st_size > reading.LARGEST:
            raise HhrecError(
                f"{path}: expected at most {reading.LARGEST:,} bytes of parameters, found "
                f"{path.stat().st_size:,}",
                "name a parameter file with --params FILE",
            )
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise HhrecError(f"{path}: not a YAML file ({error})", f"mend {path}") from error
    except OSError as error:
        raise failures.described(error, path) from error
    values = reading.parsed(text, where=str(path)) or {}
    if not isinstance(values, dict):
        raise HhrecError(
            f"{path}: expected a mapping of sections, found {type(values).__name__}",
            "`hhrec params --yaml` prints a file to start from",
        )
    return values


def validated(values: dict[str, Any], *, where: str) -> Params:
    """Check a mapping against `Params`; the error lists every fault with its parameter."""
    try:
        return Params.model_validate(values)
    except ValidationError as error:
        found = error.errors()
        faults = [_fault(one) for one in found[:SHOWN]]
        more = [f"  and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        meant = [name for one in found if (name := meant_by(one))]
        hint = f"mend {where}, or see `hhrec params` for names, ranges and defaults"
        raise HhrecError(
            f"{where}: {len(found)} bad parameter(s)\n" + "\n".join([*faults, *more]),
            f"did you mean {', '.join(meant[:SHOWN])}? {hint}" if meant else hint,
        ) from error


def _fault(fault: Mapping[str, Any]) -> str:
    """One line on one parameter."""
    name = ".".join(map(str, fault["loc"])) or "params"
    found = _cut(fault["input"])
    found = "a credential" if "engine" in fault["loc"] and SECRET.search(found) else found
    return f"  {name[:LONGEST]}: {fault['msg'][:LONGEST]}, found {found}"


def _cut(value: object) -> str:
    """A value as Python writes it, its start alone where it is long."""
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python prints
        text = (
            f"a number of some {value.bit_length() * 3 // 10:,} digits"
            if isinstance(value, int)
            else "a value that cannot be printed"
        )
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def meant_by(fault: Mapping[str, Any]) -> str | None:
    """The parameter of a section whose name was given without it: `train.lr` for `lr`."""
    if fault["type"] != "extra_forbidden" or len(fault["loc"]) != 1:
        return None
    for section, field in Params.model_fields.items():
        inner = field.annotation
        if (
            isinstance(inner, type)
            and issubclass(inner, Section)
            and fault["loc"][0] in inner.model_fields
        ):
            return f"{section}.{fault['loc'][0]}"
    return None


def _apply(values: dict[str, Any], override: str) -> None:
    name, equals, text = override.partition("=")
    if not equals or not name:
        raise HhrecError(
            f"--set {override}: expected section.key=value", "for example --set train.lr=0.0005"
        )
    *sections, key = name.split(".")
    for section in sections:
        inner = values.setdefault(section, {})
        if not isinstance(inner, dict):
            raise HhrecError(
                f"--set {override}: `{section}` is not a section",
                "for example --set train.lr=0.0005",
            )
        values = inner
    values[key] = reading.parsed(text, where=f"--set {override[:LONGEST]}")
