"""MovieLens small, leave-one-out: NDCG@10 over the whole catalogue beside peers trained to convergence."""

import pytest

from tests.benchmarks import logs, runs
from tests.benchmarks.record import Record

LIMITS = {"max_length": 100, "batch_rows": 32}  # of the peers: 671 users make 21 steps an epoch
PEERS = {"replay": "RePlay Bert4Rec", "rectools": "RecTools BERT4Rec"}


@pytest.mark.slow
def test_ranks_as_well_as_converged_peers_in_less_time(size, kept):
    raw = logs.raw("movielens", kept, size)
    data, labels = kept / "movielens-prefix-1", raw / "labels.parquet"
    settings = logs.settings("movielens", size, "seed=1")
    limits = LIMITS | {"epochs": size.converge, "patience": size.patience}
    limits["max_length"] = min(limits["max_length"], size.max_length)
    record = Record("quality_movielens", size, ours=settings, peers=limits)
    record.runs["ours"] = runs.ours("curve", raw, data, settings)
    seconds = {"ours": record.runs["ours"]["seconds"]}
    scores = {"ours": runs.scored(data / "predictions.parquet", labels)}
    for name in PEERS:
        found = runs.peer(name, data, kept / name, **limits)
        seconds[name] = found["fit_seconds"]
        scores[name] = runs.scored(kept / name / "predictions.parquet", labels)
        record.runs[name] = found
    record.runs |= {"scores": scores, "seconds": seconds}
    for name, title in PEERS.items():
        for metric, aim in (("NDCG@10", 1.0), ("HR@10", None)):
            of_peer = max(scores[name][metric], 1e-6)
            record.add(metric, max(scores["ours"][metric], 1e-6), "", title, of_peer, aim=aim)
        bound = {"aim": 1.0, "at_most": True}
        ours = "all stages of ours, training alone of the peer"
        record.add(ours, seconds["ours"], "s", title, seconds[name], **bound)
    record.finish()
