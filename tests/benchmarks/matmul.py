"""How fast this machine multiplies matrices: `python matmul.py OUT.json`, or with ROWS ITEMS HIDDEN.

Without sizes: rates of square products and of those in an encoder of width 128. With sizes: seconds
for ROWS x HIDDEN by HIDDEN x ITEMS, block by block into one buffer, in the best of some blockings.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import torch

KINDS = {"fp32": torch.float32, "bf16": torch.bfloat16}
TOKENS, WIDTH = 14_000, 128
SHAPES = {
    "square 2048": (2_048, 2_048, 2_048),
    "query, key, value": (TOKENS, WIDTH, 3 * WIDTH),
    "feed-forward in": (TOKENS, WIDTH, 4 * WIDTH),
    "feed-forward out": (TOKENS, 4 * WIDTH, WIDTH),
    "items": (TOKENS // 5, WIDTH, 4_096),
}
BLOCKS = ((512, 65_536), (2_048, 16_384), (4_096, 4_096))


def rate(rows: int, inner: int, columns: int, kind: torch.dtype, seconds: float = 1.0) -> float:
    """Median FLOP/s of (rows, inner) @ (inner, columns) over some time."""
    left, right = torch.randn(rows, inner).to(kind), torch.randn(inner, columns).to(kind)
    out = torch.empty(rows, columns, dtype=kind)
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(taken) < 3:
        started = time.perf_counter()
        torch.mm(left, right, out=out)
        taken.append(time.perf_counter() - started)
    return 2 * rows * inner * columns / statistics.median(taken)


def blocked(rows: int, items: int, width: int, kind: torch.dtype) -> float:
    """Seconds for all products of `rows` with `items`, in the fastest blocking."""
    states, matrix = torch.randn(rows, width).to(kind), torch.randn(items, width).to(kind)
    trial = max(rows // 20, 1)
    best = min(BLOCKS, key=lambda block: swept(states[:trial], matrix, *block))
    return swept(states, matrix, *best)


def swept(states: torch.Tensor, matrix: torch.Tensor, rows: int, items: int) -> float:
    """Seconds for all products, blocks of `rows` by `items` at a time."""
    buffer = torch.empty(rows * items, dtype=states.dtype)
    started = time.perf_counter()
    for left in states.split(rows):
        for right in matrix.split(items):
            size = (len(left), len(right))
            torch.mm(left, right.T, out=buffer[: size[0] * size[1]].view(size))
    return time.perf_counter() - started


def main() -> None:
    """Measure and write."""
    out, *sizes = sys.argv[1:]
    found: dict[str, object] = {}
    with torch.inference_mode():
        for name, kind in KINDS.items():
            if sizes:
                found[name] = blocked(*map(int, sizes), kind)
            else:
                found[name] = {shape: rate(*size, kind) for shape, size in SHAPES.items()}
    Path(out).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
