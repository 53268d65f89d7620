"""MovieLens small, leave-one-out: NDCG@10 over the whole catalogue beside peers trained to convergence."""

import os
from pathlib import Path

import pytest

from tests.benchmarks import logs, runs
from tests.benchmarks.record import Record
from tests.benchmarks.sizes import overrides

OURS = [*logs.SETTINGS["movielens"], "train.tracker=none"]
TINY = ["train.epochs=1", "sequences.max_length=16"]
LIMITS = {"max_length": 100, "batch_rows": 32}  # of the peers: 671 users make 21 steps an epoch
PEERS = {"replay": "RePlay Bert4Rec", "rectools": "RecTools BERT4Rec"}


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """The log as `hhrec data import` reads it; BENCH_MOVIELENS names another directory."""
    source = Path(os.environ.get("BENCH_MOVIELENS", logs.SHARED / "ml-latest-small"))
    return logs.movielens(source, tmp_path_factory.mktemp("movielens") / "raw")


@pytest.mark.slow
def test_ranks_as_well_as_converged_peers_in_less_time(size, raw, tmp_path):
    data, labels = tmp_path / "ours", raw / "labels.parquet"
    settings = [*OURS, *([] if size.strict else TINY), *overrides()]
    limits = LIMITS | {"epochs": size.converge, "patience": size.patience}
    limits["max_length"] = min(limits["max_length"], size.max_length)
    record = Record("quality_movielens", size, ours=settings, peers=limits)
    record.runs["ours"] = runs.ours("everything", raw, data, settings)
    seconds = {"ours": record.runs["ours"]["seconds"]["train"]}
    scores = {"ours": runs.scored(data / "predictions.parquet", labels)}
    theirs = Path(os.environ.get("BENCH_PEER_RUNS", tmp_path))  # kept from run to run
    for name in PEERS:
        found = runs.peer(name, data, theirs / name, **limits)
        seconds[name] = found["fit_seconds"]
        scores[name] = runs.scored(theirs / name / "predictions.parquet", labels)
        record.runs[name] = found
    record.runs |= {"scores": scores, "seconds": seconds}
    for name, title in PEERS.items():
        for metric, aim in (("NDCG@10", 1.0), ("HR@10", None)):
            of_peer = max(scores[name][metric], 1e-6)
            record.add(metric, max(scores["ours"][metric], 1e-6), "", title, of_peer, aim=aim)
        bound = {"aim": 1.0, "at_most": True}
        record.add("training", seconds["ours"], "s", title, seconds[name], **bound)
    record.finish()
