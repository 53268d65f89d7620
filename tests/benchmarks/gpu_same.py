"""Does the GPU compute what the CPU does: losses of the same steps, lists of the same model."""

from dataclasses import replace

import numpy as np
import torch

from stages.bert4rec.ranking.query_rows import QueryRows
from stages.bert4rec.ranking.ranker import Ranker
from stages.core.time_units import DAY
from tests.benchmarks import gpu_trial, gpu_worlds
from tests.benchmarks.gpu_child import Bench
from tests.benchmarks.gpu_worlds import World

SMALL = World(1_500, 800, 64, 50, words=6)
TINY = World(120, 60, 16, 10, words=3)
STEPS = 50
SETTINGS = {"dropout": 0.0, "id_dropout": 0.0, "batch_tokens": 2_048, "lr": 0.001}
K = 100


def losses(bench: Bench) -> None:
    """Compare the losses of the first steps, without dropout, whose draws differ by device."""
    world, steps = (TINY, 6) if bench.tiny else (SMALL, STEPS)
    for objective in ("prefix", "mlm"):
        found = {}
        for device in ("cpu", bench.device.type):
            made = gpu_trial.trial(world, torch.device(device), objective=objective, **SETTINGS)
            late = int(device == "cuda")  # tells of a step one later
            timed = gpu_trial.run(bench, made, steps=steps + late, seconds=60, warm=0)
            found[device] = np.array(timed.losses[late:])
        apart = np.abs(found[bench.device.type] / found["cpu"] - 1)
        note = f"aim 1e-3; loss from {found['cpu'][0]:.4f} to {found['cpu'][-1]:.4f}"
        bench.row(f"{objective}, {steps} steps, fp32, most apart", float(apart.max()), "", note)
        bench.row(f"{objective}, last losses", ", ".join(f"{v[-1]:.6f}" for v in found.values()))


def lists(bench: Bench) -> None:
    """Compare the best hundred of each row by a model trained for some steps on the CPU."""
    world, steps = (TINY, 6) if bench.tiny else (replace(SMALL, items=4_000), 30)
    for objective in ("prefix", "mlm"):
        made = gpu_trial.trial(world, torch.device("cpu"), objective=objective, **SETTINGS)
        gpu_trial.run(bench, made, steps=steps, seconds=20, warm=0)
        met, known = gpu_trial.log(world, near=objective != "mlm")
        rows = asking(met, world.longest)
        found, model = {}, made.model.eval()
        for device in ("cpu", bench.device.type):
            where = torch.device(device)
            ranker = Ranker(
                model.to(where), known.to(where), k=min(K, world.items // 2), batch_rows=512
            )
            found[device] = ranked(ranker, rows)
        same = float((found["cpu"] == found[bench.device.type]).mean())
        first = float((found["cpu"] == found[bench.device.type])[:, :10].mean())
        bench.row(f"{objective}, entries of the top {K} equal", same, "", "aim .999")
        bench.row(f"{objective}, entries of the top 10 equal", first)


def asking(met: gpu_worlds.Histories, longest: int) -> QueryRows:
    """All histories as rows to rank: whatever they hold may come back."""
    end = int(met.times.max())
    asked_at = end + np.arange(len(met)) % 7 * DAY
    nothing = np.zeros(len(met) + 1, dtype=np.int64)
    return QueryRows(met, asked_at, longest, np.zeros(0, dtype=np.int32), nothing)


def ranked(ranker: Ranker, rows: QueryRows) -> np.ndarray:
    """Items of all rows, (R, k)."""
    found = np.zeros((len(rows.asked_at), ranker.k), dtype=np.int64)
    for part in ranker.rank(rows):
        found[part.rows] = part.items.cpu().numpy()
    return found
