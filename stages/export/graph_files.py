"""Write a graph, with large tables as files of their own that it refers to."""

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Axes = Mapping[int, str]
NOISY = "torch.onnx"  # warns of packages that are none of ours


@dataclass(frozen=True)
class Given:
    """One input of a graph.

    Attributes:
        example: Any value of its type and rank.
        axes: Names of the sizes that vary, by axis.
        table: The file that holds it; none where the caller gives it.
    """

    example: Tensor
    axes: Axes
    table: str = ""


def write_table(file: Path, values: NDArray[Any]) -> None:
    """Write an array as bare little-endian numbers, row by row."""
    np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"), copy=False).tofile(file)


def write_graph(
    file: Path, module: nn.Module, given: Mapping[str, Given], outputs: Mapping[str, Axes]
) -> None:
    """Write a module as ONNX; its tables become constants that stand in files beside it.

    The tables are inputs while the graph is traced, so no copy of them is made.

    Args:
        file: Where; what `given` names as tables is beside it.
        module: In eval mode.
        given: The arguments of `forward`, in its order.
        outputs: What it returns, in order: names, and the names of sizes that vary.
    """
    with quiet(), torch.inference_mode(mode=False), torch.no_grad():
        program = torch.onnx.export(
            module,
            tuple(one.example for one in given.values()),
            dynamo=True,
            verbose=False,
            input_names=list(given),
            output_names=list(outputs),
            dynamic_shapes=tuple(dict(one.axes) or None for one in given.values()),
        )
    assert program is not None  # noqa: S101  what dynamo=True promises
    proto = program.model_proto
    for name, one in given.items():
        if one.table:
            refer(proto, name, one.table, file.parent)
    file.write_bytes(proto.SerializeToString())


def refer(proto: Any, name: str, table: str, directory: Path) -> None:
    """Turn an input of a graph into a constant that a file holds."""
    import onnx  # noqa: PLC0415  of the extra

    graph = proto.graph
    place = next(n for n, one in enumerate(graph.input) if one.name == name)
    kind = graph.input[place].type.tensor_type
    del graph.input[place]
    size = (directory / table).stat().st_size
    width = [axis.dim_value for axis in kind.shape.dim][1:]
    number = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)).itemsize
    rows = size // (number * int(np.prod(width)))
    constant = onnx.TensorProto(
        name=name,
        data_type=kind.elem_type,
        dims=[rows, *width],
        data_location=onnx.TensorProto.EXTERNAL,
    )
    for key, value in (("location", table), ("offset", "0"), ("length", str(size))):
        constant.external_data.add(key=key, value=value)
    graph.initializer.append(constant)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what the exporter says to its own developers off stderr."""
    logger = logging.getLogger(NOISY)
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
