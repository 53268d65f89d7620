"""`params.yaml` and `--set`: read, and checked with every fault at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from stages.interface.errors import HhrecError, MissingInputError
from stages.params.root import Params


def load(path: Path, overrides: Sequence[str] = ()) -> Params:
    """Read parameters from YAML, apply `section.key=value` overrides, report every fault at once.

    Raises:
        MissingInputError: The file is not there.
        HhrecError: It is not YAML, or parameters are unknown or out of range.
    """
    if not path.is_file():
        raise MissingInputError(f"{path}: parameter file not found", "name one with --params FILE")
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise HhrecError(f"{path}: not a YAML file ({error})", f"mend {path}") from error
    if not isinstance(values, dict):
        raise HhrecError(f"{path}: expected a mapping of sections, found {type(values).__name__}")
    for override in overrides:
        _apply(values, override)
    return validated(values, where=str(path))


def validated(values: dict[str, Any], *, where: str) -> Params:
    """Check a mapping against `Params`; the error lists every fault with its parameter."""
    try:
        return Params.model_validate(values)
    except ValidationError as error:
        faults = [
            f"  {'.'.join(map(str, fault['loc'])) or 'params'}: {fault['msg']}, found {fault['input']!r}"
            for fault in error.errors()
        ]
        raise HhrecError(
            f"{where}: {len(faults)} bad parameter(s)\n" + "\n".join(faults),
            f"mend {where}, or see `hhrec params` for names, ranges and defaults",
        ) from error


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
            raise HhrecError(f"--set {override}: `{section}` is not a section")
        values = inner
    try:
        values[key] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise HhrecError(f"--set {override}: the value is not YAML ({error})") from error
