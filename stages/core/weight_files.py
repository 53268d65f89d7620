"""Headers of safetensors files, checked before anything is allocated for what they promise.

Such a file is 8 bytes with the length of the header, the header (JSON: a name, a type, a shape and
a range of bytes a tensor), and the tensors. A header that lies about shapes or ranges is refused.
"""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stages.core import json_text
from stages.interface.errors import HhrecError

LENGTH = 8  # bytes at the start that hold the length of the header
LONGEST = 16 << 20  # bytes of a header; a model of a thousand tensors has 100 kB
BYTES = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2"), 1),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 2),
    **dict.fromkeys(("U32", "I32", "F32"), 4),
    **dict.fromkeys(("U64", "I64", "F64"), 8),
}
METADATA = "__metadata__"
HINT = "take a file that was written whole; one of hhrec is written anew by `hhrec train`"
SHOWN = 3

Shapes = Mapping[str, tuple[int, ...]]


class BrokenWeightsError(HhrecError):
    """A file of weights is not whole."""


def shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Shape of every tensor of a file, after a look at its header alone.

    Raises:
        OSError: It cannot be read.
        BrokenWeightsError: Its header is no header, or tensors do not fill the file exactly.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(LENGTH), "little")
        if size < LENGTH or length > min(size - LENGTH, LONGEST):
            raise _broken(path, f"a header of {length:,} bytes in a file of {size:,}")
        text = stream.read(length)
    try:
        found = json_text.loads(text.decode())
        found.pop(METADATA, None)
        ranges = sorted(_range(name, tensor) for name, tensor in found.items())
        given = {name: tuple(tensor["shape"]) for name, tensor in found.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _broken(path, f"a header that says {error!s:.100}") from error
    end = 0
    for first, last in ranges:
        if first != end:
            raise _broken(path, f"tensors that leave a gap or overlap at byte {first:,}")
        end = last
    if end != size - LENGTH - length:
        raise _broken(path, f"{end:,} bytes of tensors announced, {size - LENGTH - length:,} there")
    return given


def require_like(path: Path, expected: Shapes) -> None:
    """Refuse a file whose tensors are not those of a model.

    Raises:
        HhrecError: It names the first that differ.
    """
    found = shapes(path)
    wrong = list(_differences(found, expected))
    if wrong:
        raise HhrecError(
            f"{path}: {len(wrong)} tensors are not as its config.json has them: "
            + "; ".join(wrong[:SHOWN]),
            HINT,
        )


def _differences(found: Shapes, expected: Shapes) -> Iterator[str]:
    for name in sorted({*found, *expected}):
        if found.get(name) != expected.get(name):
            here, there = found.get(name, "nothing"), expected.get(name, "nothing")
            yield f"{name}: expected {there}, found {here}"


def _range(name: str, tensor: Mapping[str, Any]) -> tuple[int, int]:
    """First and last byte of a tensor, checked against its type and shape."""
    shape, (first, last) = tensor["shape"], tensor["data_offsets"]
    numbers = [*shape, first, last]
    if any(type(number) is not int or number < 0 for number in numbers):
        raise ValueError(f"{name}: a shape or range without meaning")
    if last - first != math.prod(shape) * BYTES[tensor["dtype"]]:
        raise ValueError(f"{name}: {last - first} bytes for the shape {shape}")
    return first, last


def _broken(path: Path, said: str) -> BrokenWeightsError:
    return BrokenWeightsError(f"{path}: not a whole safetensors file: found {said}", HINT)
