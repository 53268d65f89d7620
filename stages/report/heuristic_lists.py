"""What the best baseline recommends in the sessions shown, beside the model's lists."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from stages.baselines import stage as baselines
from stages.core import tables
from stages.core.artifact_paths import SEQUENCES_DIR, TRAIN, VOCAB_FILE
from stages.core.schema import HISTORY, TEST_SEQUENCES, VOCAB
from stages.params import Params
from stages.report.metrics_reader import Scores, headline
from stages.report.optional_parts import Paths
from stages.report.session_sample import SHOWN, SessionSample
from stages.seen_policy import rules


def best(found: Scores | None) -> str | None:
    """Name the baseline with the best headline metric; None where none was scored."""
    if not found:
        return None
    metric = headline(found["scores"])
    worth = {
        name: score["metrics"].get(metric, 0.0)
        for name, score in found["scores"].items()
        if name in baselines.BASELINES
    }
    return max(worth, key=lambda name: worth[name], default=None)


def attached(
    choice: SessionSample, found: Scores | None, paths: Paths, params: Params
) -> SessionSample:
    """Add to each session shown what the best baseline recommends, under its own seen policy."""
    name = best(found)
    if name is None or not choice.rows:
        return choice
    fates: Mapping[str, str] = ((found or {}).get("baselines_seen") or {}).get(name) or {}
    own = params.predict.seen.model_copy(update=dict(fates))
    train = tables.scan(paths / SEQUENCES_DIR / TRAIN, HISTORY, made_by="hhrec sequences build")
    vocab = tables.scan(paths / VOCAB_FILE, VOCAB, made_by="hhrec vocab build").collect()
    recommender = baselines.learn([name], train=train, vocab=vocab, params=params)[name]
    rows = _contexts(choice, paths)
    given = recommender(rows, params.predict.k, rules.fixed(own))
    listed = baselines.as_vacancies(given, vocab)
    lists = {(user, session): ids for user, session, ids in listed.iter_rows()}
    return choice._replace(rows=_with(choice.rows, lists), heuristic=name)


def _contexts(choice: SessionSample, paths: Paths) -> pl.DataFrame:
    keys = pl.DataFrame(
        [{name: row[name] for name in ("user_id", "session_id")} for row in choice.rows]
    )
    where = paths / SEQUENCES_DIR / choice.part
    asked = tables.scan(where, TEST_SEQUENCES, made_by="hhrec sequences build")
    return keys.lazy().join(asked, on=keys.columns, maintain_order="left").collect()


def _with(
    rows: Sequence[dict[str, Any]], lists: Mapping[tuple[str, str], Sequence[str]]
) -> list[dict[str, Any]]:
    return [
        {**row, "heuristic": list(lists.get((row["user_id"], row["session_id"]), []))[:SHOWN]}
        for row in rows
    ]
