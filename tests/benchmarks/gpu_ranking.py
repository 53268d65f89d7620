"""The best hundred of 2,734,129 vacancies for 83,189 rows: the search alone, and with the model."""

import time
from dataclasses import replace

import numpy as np
import torch

from stages.bert4rec.network.model import HhrecModel
from stages.bert4rec.ranking import item_index, top_k
from stages.bert4rec.ranking.exact_scores import exact_scores
from stages.bert4rec.ranking.exclusions import pairs
from stages.bert4rec.ranking.item_index import ItemMatrix
from stages.bert4rec.ranking.ranker import Ranker
from stages.bert4rec.ranking.score_keys import NOTHING, keys
from stages.core.item_ids import FIRST_ITEM
from tests.benchmarks import gpu_same, gpu_trial, gpu_worlds
from tests.benchmarks.gpu_child import Bench
from tests.benchmarks.gpu_worlds import World

ROWS, WIDTH, K, GONE = 83_189, 128, 100, 20
SIZES = (2_048, 8_192)


def search(bench: Bench) -> None:
    """Rank random states over random vectors."""
    items = 5_000 if bench.tiny else gpu_worlds.CONTEST.items
    rows = 300 if bench.tiny else ROWS
    generator = torch.Generator(bench.device).manual_seed(1)
    matrix = item_index.empty(
        torch.arange(FIRST_ITEM, items + FIRST_ITEM, device=bench.device), WIDTH
    )
    matrix.exact[:items, :-2].normal_(generator=generator)
    matrix.exact[:items, -2].normal_(generator=generator)
    states = torch.empty(rows, WIDTH, device=bench.device).normal_(generator=generator)
    for kind in ("bf16", "no"):
        known = matrix.measured(half=kind == "bf16")
        for size in SIZES:
            bench.attempt(
                f"{kind} {size}", lambda k=kind, m=known, s=size: searched(bench, m, states, k, s)
            )
    bench.attempt("exact", lambda: exact(bench, matrix.measured(half=True), states[:16]))


@torch.inference_mode()
def searched(bench: Bench, matrix: ItemMatrix, states: torch.Tensor, kind: str, size: int) -> None:
    """Rank all rows, or as many batches as 20 seconds allow."""
    found(matrix, states[:size])
    bench.wait()
    started, done = time.perf_counter(), 0
    for some in states.split(size):
        found(matrix, some)
        done += len(some)
        if time.perf_counter() - started > 20:
            break
    bench.wait()
    seconds = (time.perf_counter() - started) * len(states) / done
    note = f"{size} rows at once; {done} rows ranked"
    bench.row(f"{kind}, {len(states):,} rows, {size} at once", seconds, "s", note)


def found(matrix: ItemMatrix, states: torch.Tensor) -> torch.Tensor:
    """Keys of the best, with some pairs left out."""
    own = states.new_full((len(states), 1), NOTHING, dtype=torch.int64)
    device = states.device
    gone = torch.arange(GONE * len(states), device=device)
    excluded = pairs(gone // GONE, gone * 7_919 % len(matrix))
    return top_k.best(states, own, excluded, matrix, K)


@torch.inference_mode()
def exact(bench: Bench, matrix: ItemMatrix, states: torch.Tensor) -> None:
    """Compare with a full sort of exact scores."""
    best = found(matrix, states)
    asked, wrong = matrix.query(states), 0
    for row in range(len(states)):
        scores = exact_scores(asked[row].expand(len(matrix), -1), matrix.exact[: len(matrix)])
        packed = keys(scores, matrix.ids)
        gone = torch.arange(GONE * row, GONE * (row + 1), device=packed.device)
        packed[gone * 7_919 % len(matrix)] = NOTHING
        wrong += int((packed.topk(K).values != best[row]).sum())
    bench.row(
        "entries that differ from a full sort", wrong, "", f"{len(states)} rows, bf16 products"
    )


def prediction(bench: Bench) -> None:
    """Rank the contest's rows by a model, from histories to lists, with and without neighbours."""
    whole = gpu_worlds.CONTEST.scaled(0.0005) if bench.tiny else gpu_worlds.CONTEST
    rows = 200 if bench.tiny else ROWS
    for objective in ("mlm", "prefix"):
        bench.attempt(objective, lambda o=objective: predicted(bench, whole, rows, o))


def predicted(bench: Bench, world: World, rows: int, objective: str) -> None:
    """Time it."""
    met, known = gpu_trial.log(world, near=True)
    asked = gpu_same.asking(
        gpu_worlds.histories(replace(world, users=rows), np.random.default_rng(9)), world.longest
    )
    given = gpu_worlds.params(world, len(met.items), objective=objective)
    with torch.device(bench.device):
        model = HhrecModel(gpu_worlds.config(given, world)).eval()
    known = known.to(bench.device)
    bench.wait()
    started = time.perf_counter()
    ranker = Ranker(model, known, k=min(K, world.items // 2), batch_rows=given.predict.batch_rows)
    bench.wait()
    ready = time.perf_counter() - started
    bench.row(f"{objective}, vectors of all vacancies", ready, "s")
    started, done = time.perf_counter(), 0
    for part in ranker.rank(asked):
        part.items.cpu()
        done += len(part.rows)
    bench.wait()
    seconds = time.perf_counter() - started
    bench.row(
        f"{objective}, {done:,} rows ranked",
        seconds,
        "s",
        f"aim 15 s with the vectors: {ready + seconds:.1f}",
    )
