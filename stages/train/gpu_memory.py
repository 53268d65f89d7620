"""What a GPU holds of a training, where `memory_model` says what a process on a CPU does."""

from dataclasses import dataclass, replace

from stages.bert4rec.retrieval.candidate_generation import NEWEST
from stages.bert4rec.retrieval.cooccurrence import CUTS, KEPT
from stages.bert4rec.retrieval.device_neighbours import CELLS
from stages.params import Params
from stages.train.activation_probe import ProbeShape
from stages.train.dataloader import THREADS
from stages.train.dataset_stats import DatasetStats
from stages.train.memory_model import FLOAT, MB, Memory

HALF = (
    0.75  # of the tensors of a step in bf16: weights, sums and what is kept of items stay in fp32
)
SLACK = 0.15  # of the tensors of a step: holes between them
WORKSPACE = 32 * MB  # of the products of each thread
LINE = 28  # bytes of a line of a table of neighbours: where it begins, its size, two divisors
CELL = 7  # bytes of each sum of neighbours while the greatest are looked for, measured


@dataclass(frozen=True)
class GpuStep:
    """What matters of the catalogue and of the batch with most pairs of question and event.

    Attributes:
        rows: Of the batch.
        length: Its events.
        vacancies: Of the catalogue.
        facts: Codes, bounds of salary and words of each.
        periods: Of demand.
        near: Whether the model has neighbours.
        half: Whether products are taken in bfloat16.
    """

    rows: int
    length: int
    vacancies: int
    facts: int
    periods: int
    near: bool
    half: bool


def step_of(params: Params, found: DatasetStats, shape: ProbeShape) -> GpuStep:
    """Take it from what is to be trained, `shape` being the batch."""
    return GpuStep(
        rows=shape.rows,
        length=shape.length,
        vacancies=found.vacancies,
        facts=len(found.code_sizes) + 2 + found.words,
        periods=found.periods,
        near=params.train.near_ones() > 0,
        half=params.train.precision == "bf16",
    )


def on_gpu(found: Memory, step: GpuStep) -> Memory:
    """Turn what a process on a CPU holds into what a GPU does.

    Nothing is read, counted or fitted there, and histories stay outside; `candidates` gets the sums in which
    a batch's neighbours are looked for.
    """
    share = HALF if step.half else 1.0
    activations, logits = int(share * found.activations), int(share * found.logits)
    demand = FLOAT * (step.periods + 1) + 8
    return replace(
        found,
        catalogue=step.vacancies * (FLOAT * step.facts + demand),
        histories=0,
        activations=activations,
        logits=logits,
        candidates=found.candidates + step.near * CELL * _cells(step),
        neighbours=found.neighbours + step.near * LINE * (CUTS + 1) * step.vacancies,
        recommenders=0,
        counting=0,
        fitting=0,
        allocator=int(SLACK * (activations + logits)),
        libraries=WORKSPACE * (1 + step.near * THREADS),
    )


def _cells(step: GpuStep) -> int:
    """Sums and entries that are laid out at once while neighbours are looked for."""
    events = step.length + NEWEST
    columns = min(events * KEPT, step.vacancies)
    a_row = (events + step.length) * columns
    return max(a_row, min(step.rows * a_row, CELLS))
