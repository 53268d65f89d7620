"""Memory model of training: one formula a part, with its measured constants.

Bytes throughout. Resident memory on a CPU is more than the tensors alive: the constants below say by
how much, measured with glibc on x86-64, torch 2.13 and one thread a process.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psutil  # type: ignore[import-untyped]
import torch

from stages.bert4rec.ranking.item_index import SLICE
from stages.bert4rec.ranking.question import NEAR
from stages.bert4rec.ranking.top_k import CHUNK, SAMPLE, SHORT
from stages.bert4rec.retrieval.cooccurrence import CUTS, KEPT, PAIRS_KEPT, REACH
from stages.core.cooccurrence import PAIRS
from stages.loaders.model_arrays import FLAT

MB = 2**20
FLOAT = 4
LIBRARIES = 100 * MB  # code and buffers that torch and polars touch in the first steps
SLACK = 0.9  # of the tensors of a step: holes between them, and what earlier shapes left behind
READING = 3.5  # polars keeps this many times what it read of the features
ENCODER = 12  # vectors of H a position while rows are encoded
CLOSE = 1.5  # vectors of H a neighbour while it is scored
TOWER = 7  # vectors of H an item while a block of item vectors is made
PAIR = 8  # bytes of one: item and similarity
LINE = 12  # bytes of a line of a table of neighbours: where it begins, two divisors
OWN = 32  # bytes of a row's own candidate: whose, which, its score, when
COUNTING = 60  # bytes of a pair while pairs are added up
TOUCH = 23  # bytes of a vacancy of a history while its pairs are counted


@dataclass(frozen=True)
class Memory:
    """Expected growth of the process by part.

    `step` parts (gradients, activations, candidates, logits), `ranking`, `counting` (of pairs of
    neighbours) and `fitting` (plain recommenders, first weights or the calibration) are never held at
    once. `histories` and `neighbours` are pages of mapped files; `recommenders` are the plain ones.
    """

    item_table: int
    body: int
    optimizer: int
    catalogue: int
    histories: int
    gradients: int
    activations: int
    candidates: int
    logits: int
    neighbours: int
    recommenders: int
    counting: int
    fitting: int
    allocator: int
    ranking: int
    libraries: int

    def peak(self) -> int:
        """Most bytes at once."""
        always = self.item_table + self.body + self.optimizer + self.catalogue
        always += self.histories + self.neighbours + self.recommenders + self.libraries
        step = max(self.activations + self.candidates + self.logits, self.gradients)
        return always + max(step + self.allocator, self.ranking, self.counting, self.fitting)

    def parts(self) -> dict[str, int]:
        """Bytes by part."""
        return asdict(self)


def optimizer_bytes(rows: int, body: int) -> int:
    """Adam keeps two moments in fp32 for every weight of the body, and two numbers a table row.

    There are two tables, of vectors and of biases: 2 (2 rows + body) numbers.
    """
    return 2 * (2 * rows + body) * FLOAT


def gradient_bytes(body: int, *, accumulation: int, processes: int) -> int:
    """One number a weight of the body, again while batches are added up, and again to exchange it.

    The gradients of the item table are those of a step's rows, and counted with the activations.
    """
    copies = 1 + (accumulation > 1) + (processes > 1)
    return copies * body * FLOAT


def catalogue_bytes(vacancies: int, codes: int, words: int, periods: int) -> int:
    """Codes, salary, words and demand of every vacancy, and what reading them leaves behind.

    4 (codes + 2 + words) + 4 (periods + 1) + 8 bytes a vacancy; the first part READING times more.
    """
    facts = FLOAT * (codes + 2 + words)
    demand = FLOAT * (periods + 1) + 8
    return int(vacancies * (facts * (1 + READING) + demand))


def history_bytes(events: int) -> int:
    """The columns of all events, which an epoch reads from end to end."""
    return events * sum(np.dtype(kind).itemsize for kind in FLAT.values())


def neighbour_bytes(events: int, vacancies: int) -> tuple[int, int]:
    """Tables of all events and of those before each cut, and what is held while they are counted.

    A line of a table has at most `KEPT` pairs, all tables together `PAIRS_KEPT`, and an event makes at
    most `REACH` either way. One table is held twice while its parts are put together.
    """
    if not events:
        return 0, 0
    shares = [number / (CUTS + 1) for number in range(1, CUTS + 2)]
    made, most = 2 * events * REACH, vacancies * KEPT
    kept = min(sum(min(share * made, most) for share in shares), PAIRS_KEPT)
    lines = LINE * len(shares) * vacancies
    counting = COUNTING * min(made, PAIRS) + TOUCH * events
    return int(PAIR * kept) + lines, counting


@dataclass(frozen=True)
class ToRank:
    """R rows, of which the batch with most has `at_once` rows and so many positions."""

    rows: int
    at_once: int
    positions: int
    neighbours: bool


def ranking_bytes(
    asked: ToRank, vacancies: int, hidden_size: int, batch_rows: int, table: int, *, half: bool
) -> int:
    """The matrix of item vectors (its bfloat16 twin too), and the greatest of three.

    A block of the matrix while it is made; a batch while it is encoded, with its neighbours; what is
    known of all rows (states, own candidates) while products with a chunk of items and with the
    sample are looked through. The `table` of all candidates that the calibration is fitted on grows
    beside it, and is held twice while its batches are put together.
    """
    width = hidden_size + 2
    matrix = vacancies * ((FLOAT + 2 * half) * width + 20)  # 20: id, place, bias
    making = FLOAT * min(vacancies, SLICE) * TOWER * hidden_size
    close = asked.at_once * NEAR * asked.neighbours
    encoding = int(FLOAT * hidden_size * (ENCODER * asked.positions + CLOSE * close))
    own = asked.positions // max(asked.at_once, 1) + NEAR * asked.neighbours
    known = asked.rows * (FLOAT * hidden_size + OWN * own)
    searched = min(batch_rows, asked.rows) * FLOAT * (CHUNK + 2 * SAMPLE // SHORT)
    return matrix + max(making, known + max(encoding, searched) + table, 2 * table)


def allocator_bytes(step: int) -> int:
    """What malloc holds beside the tensors of a step, but for large ones, which it gives back."""
    return int(SLACK * step)


def room(device: torch.device) -> int:
    """Bytes that this machine, container or GPU can still give."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return min(int(psutil.virtual_memory().available), _group())


def _group() -> int:
    """What the control group of a container still allows.

    Pages of files that nobody has read of late count as used there, and go when others need the room.
    """
    for folder, limit, used, idle in (
        ("", "memory.max", "memory.current", "inactive_file"),
        ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        group = Path("/sys/fs/cgroup") / folder
        try:
            texts = [(group / name).read_text().strip() for name in (limit, used)]
        except OSError:
            continue
        if texts[0].isdigit():
            return int(texts[0]) - int(texts[1]) + _figure(group / "memory.stat", idle)
    return 2**63


def _figure(file: Path, name: str) -> int:
    """A figure of a file with a name and a number a line; 0 where it is not there."""
    try:
        lines = [line.split() for line in file.read_text().splitlines()]
    except OSError:
        return 0
    return next((int(line[1]) for line in lines if line[:1] == [name]), 0)
