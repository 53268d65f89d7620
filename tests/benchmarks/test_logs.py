"""Every log with default parameters: does the model beat the best baseline, whatever the log is like?"""

import os
import sys

import pytest

from tests.benchmarks import docs, judged, logs, runs
from tests.benchmarks.record import Record


def wanted(name: str, default: tuple[str, ...], *, strict: bool) -> list[str]:
    """Words of a variable; else all of `default`, or its first to prove that the harness runs."""
    return os.environ.get(name, "").split() or list(default if strict else default[:1])


def found(log, directory, size):
    """Raw files of a log, or none where its source is absent."""
    assert log in logs.ALL, f"BENCH_LOGS: no log {log!r}, only {' '.join(logs.ALL)}"
    try:
        return logs.raw(log, directory, size)
    except pytest.skip.Exception as absent:
        sys.stdout.write(f"\n{log}: left out, {absent}")
        return None


def add(record, line, seed):
    """Record a run and print it."""
    test = judged.Lead(**line["test"])
    record.runs.setdefault(line["log"], []).append(line | {"seed": int(seed)})
    name = f"{line['log']}, {test.rows:,} rows, seed {seed}: MRR@100, lead {test}"
    record.add(name, test.model, "", test.baseline, max(test.best, 1e-9), aim=1.0)
    checked = line["validation"] and judged.Lead(**line["validation"])
    sys.stdout.write(f"; validation lead {checked}, {line['minutes']:.1f} minutes")


@pytest.mark.slow
def test_the_model_beats_the_best_baseline_on_every_log(size, kept, monkeypatch):
    for threads in ("OMP_NUM_THREADS", "POLARS_MAX_THREADS"):
        monkeypatch.setenv(threads, "1")  # of each run: BENCH_JOBS of them share the machine
    names = wanted("BENCH_LOGS", logs.ALL, strict=size.strict)
    seeds = wanted("BENCH_SEEDS", ("1", "2", "3"), strict=size.strict)
    raws = {name: found(name, kept, size) for name in names}
    settings = ["train.tracker=none", *logs.defaults(size)]
    absent = [name for name, raw in raws.items() if raw is None]
    record = Record("logs", size, target="bench-logs", ours=settings, seeds=seeds, absent=absent)

    def work(name, seed):
        out = kept / f"{name}-judged-{seed}"
        return judged.judged(name, raws[name], out, [*settings, f"seed={seed}"])

    asked = [(name, seed) for name in raws if name not in absent for seed in seeds]
    if not asked:
        pytest.skip("none of the logs is there")
    with runs.pool() as pool:
        for (_, seed), line in zip(asked, pool.map(work, *zip(*asked, strict=True)), strict=True):
            add(record, line, seed)
    sys.stdout.write("\n\n" + "\n".join(docs.of_logs(vars(record))) + "\n")
    record.finish()
