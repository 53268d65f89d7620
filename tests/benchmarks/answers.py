"""One history at a time, in a process of its own: `python answers.py TASK.json`.

A bare product of the same vectors with a query, the least that an exact answer can cost, is timed in
turn with the answers: what the machine does beside it changes by the minute.
"""

import json
import sys
import time
from pathlib import Path

import torch

import hhrec
from tests.benchmarks.ours import resident
from tests.benchmarks.people import histories


def main() -> None:
    """Load a bundle, answer, and write what it took in milliseconds."""
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    assert hhrec.load  # imported now: what is measured is the bundle
    before = resident("VmRSS")
    started = time.perf_counter()
    recommender = hhrec.load(task["bundle"])
    opened = time.perf_counter() - started
    asked = histories(recommender.vacancies.to_list(), task["histories"])
    matrix = recommender.content.matrix.exact[:, : recommender.content.tower.width].contiguous()
    query = torch.randn(matrix.shape[1])
    for events in asked[:5]:
        recommender.recommend(events, k=100)
        torch.mv(matrix, query)
    taken: dict[str, list[float]] = {"answers": [], "products": []}
    for events in asked:
        started = time.perf_counter()
        recommender.recommend(events, k=100)
        between = time.perf_counter()
        torch.mv(matrix, query)
        taken["answers"].append(1_000 * (between - started))
        taken["products"].append(1_000 * (time.perf_counter() - between))
    size = matrix.numel() * matrix.element_size()
    found = taken | {
        "task": task,
        "vacancies": len(recommender.vacancies),
        "answered_by": recommender.answers,
        "open_seconds": opened,
        "vectors": size,
        "memory": resident("VmRSS") - before - size,  # less the copy that is multiplied here
    }
    (Path(task["out"]) / "figures.json").write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
