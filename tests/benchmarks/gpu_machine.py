"""The card, the versions, and what the card does at best: the measure of all that follows."""

import os
import platform
import statistics
import time

import accelerate
import numpy as np
import torch
import transformers

from tests.benchmarks.gpu_child import Bench

SHAPES = {
    "square 8192": (8_192, 8_192, 8_192),
    "feed-forward in, 16,384 tokens": (16_384, 128, 512),
    "items, 16,384 questions": (16_384, 160, 2_048),
}
KINDS = {
    "fp32": (torch.float32, "highest"),
    "tf32": (torch.float32, "high"),
    "bf16": (torch.bfloat16, "highest"),
}


def machine(bench: Bench) -> None:
    """Print them."""
    card = torch.cuda.get_device_name() if bench.device.type == "cuda" else "none: CPU"
    bench.row("card", card)
    versions = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "accelerate": accelerate.__version__,
        "numpy": np.__version__,
    }
    bench.row("versions", " ".join(f"{name} {text}" for name, text in versions.items()))
    bench.row("cores", f"{os.cpu_count()}, {torch.get_num_threads()} threads of torch")
    for shape, sizes in SHAPES.items():
        smaller = tuple(min(size, 256) for size in sizes) if bench.tiny else sizes
        for kind, (dtype, precision) in KINDS.items():
            found = rate(bench, smaller, dtype, precision)
            bench.row(f"{kind} {shape}", found / 1e12, "TFLOP/s")
    one = torch.empty(2**20 if bench.tiny else 2**29, device=bench.device)
    other = torch.empty_like(one)
    seconds = typical(bench, lambda: other.copy_(one))
    bench.row("copy", 2 * one.nbytes / seconds / 1e12, "TB/s", "read and written")
    small = torch.zeros(8, device=bench.device)
    started = time.perf_counter()
    for _ in range(2_000):
        small.add_(1.0)
    host = (time.perf_counter() - started) / 2_000
    bench.wait()
    bench.row("launch", host * 1e6, "us", "host seconds of one small operation")


def rate(bench: Bench, sizes: tuple[int, ...], dtype: torch.dtype, precision: str) -> float:
    """FLOP/s of (rows, inner) @ (inner, columns)."""
    rows, inner, columns = sizes
    left = torch.randn(rows, inner, device=bench.device).to(dtype)
    right = torch.randn(inner, columns, device=bench.device).to(dtype)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        return 2 * rows * inner * columns / typical(bench, lambda: left @ right)
    finally:
        torch.set_float32_matmul_precision(before)


def typical(bench: Bench, work: object, tries: int = 5, each: int = 5) -> float:
    """Median seconds of some work, timed several at once."""
    taken = []
    for _ in range(tries + 1):
        bench.wait()
        started = time.perf_counter()
        for _ in range(each):
            work()  # type: ignore[operator]
        bench.wait()
        taken.append((time.perf_counter() - started) / each)
    return statistics.median(taken[1:])
