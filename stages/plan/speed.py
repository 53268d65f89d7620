"""How fast this machine multiplies, and what the stages that multiply reach of it."""

import time
from dataclasses import dataclass

import torch

SIDE = 1024  # of the matrices that are multiplied
SECONDS = 0.3
TICK = 1e-6  # of a clock that counts CPU time coarsely
TRAINING = 0.2  # of the matrix products' rate that steps reach: docs/plan.md
RANKING = 0.75  # of it that prediction reaches from files to a file: docs/benchmarks.md
BACKWARD = 3  # a step multiplies so often as much as an answer


@dataclass(frozen=True)
class Speed:
    """Multiplications and additions a second, in fp32 matrix products of this process's threads."""

    flops: float
    threads: int

    def training(self, tokens: float, encoder: int, hidden_size: int, scored: int) -> float:
        """Seconds for tokens, each through the encoder's weights and against `scored` items."""
        each = 2 * BACKWARD * (encoder + hidden_size * scored)
        return tokens * each / (self.flops * TRAINING)

    def ranking(self, rows: float, vacancies: int, hidden_size: int) -> float:
        """Seconds to find the best of all vacancies for some rows."""
        return rows * vacancies * 2 * (hidden_size + 2) / (self.flops * RANKING)


def measured() -> Speed:
    """Multiply matrices for a moment; time that other programs took does not count."""
    left, threads = torch.ones(SIDE, SIDE), torch.get_num_threads()
    torch.mm(left, left)
    done, wall, cpu = 0, time.perf_counter(), time.process_time()
    while not done or time.perf_counter() - wall < SECONDS:
        torch.mm(left, left)
        done += 1
    passed = min(time.perf_counter() - wall, (time.process_time() - cpu) / threads)
    return Speed(done * 2 * SIDE**3 / max(passed, TICK), threads)
