"""The model beside the baselines, on the labelled rows of each part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from stages.baselines import stage as baselines
from stages.core.item_ids import UNK
from stages.core.keys import KEYS
from stages.evaluate.baseline_lists import BaselineLists, rank
from stages.evaluate.metrics_files import MODEL
from stages.evaluate.paired_differences import paired, values
from stages.evaluate.report_schema import PartReport, Score
from stages.evaluate.row_context import RowContext, scored
from stages.interface.stage_report import Progress
from stages.params import Params, SeenParams
from stages.scoring import metrics
from stages.scoring.predicted_lists import PredictedLists
from stages.seen_policy import choice, rules

HEADLINE = "MRR@100"


class PartToScore(NamedTuple):
    """One part to be scored."""

    truth: pl.DataFrame
    model: PredictedLists
    known: RowContext
    card: dict[str, Any]


class PartResult(NamedTuple):
    """Scores of one part, and the first vacancies of the best baseline's lists."""

    report: PartReport
    best: pl.DataFrame | None


def beside(
    params: Params,
    asked: Mapping[str, PartToScore],
    against: Sequence[str],
    scratch: Path,
    progress: Progress,
) -> dict[str, PartResult]:
    """Score the model of each part, then the baselines, which are learnt once for all parts.

    Args:
        params: All parameters.
        asked: The parts by name.
        against: Keys of `stages.baselines.stage.BASELINES`.
        scratch: Directory for the baselines' lists.
        progress: Told what is learnt, how many rows all baselines have ranked, and how many of
            those are scored.
    """
    if not asked:
        return {}
    known = next(iter(asked.values())).known
    validation = asked.get("validation")
    rows = 2 * sum(one.truth.height for one in asked.values())
    rows += validation.truth.height if validation else 0
    told = WholeProgress(progress, rows * len(against))
    recommenders = baselines.learn(
        against,
        train=known.train,
        vocab=known.vocab,
        params=params,
        told=lambda source: told(f"learning {source}", 0),
    )
    policies = chosen_policies(recommenders, validation, params, told)
    return {
        part: _part(params, one, recommenders, policies, scratch / part, told)
        for part, one in asked.items()
    }


@dataclass
class WholeProgress:
    """Progress of several pieces of work as one."""

    progress: Progress
    total: int
    done: int = 0

    def __call__(self, note: str, more: int) -> None:
        """Say that so much more of it is done."""
        self.done += more
        self.progress(self.done, self.total, note)


def _part(
    params: Params,
    one: PartToScore,
    recommenders: Mapping[str, baselines.Recommender],
    policies: Mapping[str, SeenParams],
    scratch: Path,
    told: WholeProgress,
) -> PartResult:
    truth, known = one.truth, one.known
    cuts, rows = known.segments(truth), known.contexts.join(truth, on=KEYS, how="semi")
    own, ranks = scored(params, truth, one.model, known, cuts)
    scores, model, differences = {MODEL: own}, values(ranks), {}

    def ranked(count: int) -> None:
        told("ranking", count * len(recommenders))

    rank(recommenders, policies, rows, params.predict.k, scratch, ranked)
    lists = BaselineLists(rows.select(KEYS), known.vocab, scratch)
    for name in recommenders:
        scores[name], ranks = scored(params, truth, lists.of(name), known, cuts)
        differences[name] = paired(model, values(ranks), params).differences
        told(name, truth.height)
    best = best_of({name: scores[name] for name in recommenders}, headline(own))
    report = PartReport(
        protocol=one.card,
        scores=scores,
        differences=differences,
        baselines_seen={name: policy.model_dump() for name, policy in policies.items()},
        best_baseline=best,
    )
    return PartResult(report, None if best is None else lists.first_of(best))


def best_of(scores: Mapping[str, Score], metric: str) -> str | None:
    """The first of the baselines that the metric puts highest; none where there are none."""
    return max(scores, key=lambda name: scores[name].metrics.get(metric, 0.0), default=None)


def headline(found: Score) -> str:
    """The metric that stands for the others: MRR@100, or the first there is."""
    return HEADLINE if HEADLINE in found.metrics else next(iter(found.metrics), HEADLINE)


def chosen_policies(
    recommenders: Mapping[str, baselines.Recommender],
    one: PartToScore | None,
    params: Params,
    told: WholeProgress,
) -> dict[str, SeenParams]:
    """The seen policy of each baseline: where it is left open, what ranks the validation rows best."""
    given = params.predict.seen
    if one is None:
        return dict.fromkeys(recommenders, rules.fixed(given))
    items = one.known.vocab.select("vacancy_id", label_item="item")
    labels = one.truth.join(items, on="vacancy_id", how="left")
    rows = one.known.contexts.join(
        labels.select(*KEYS, pl.col("label_item").fill_null(UNK)), on=KEYS, maintain_order="left"
    )
    k = min(params.predict.k, metrics.DEPTH)
    asked, found = choice.Labelled(rows), {}
    for name, recommender in recommenders.items():
        found[name] = asked.policy_of(recommender, given, k)
        told(f"policy of {name}", one.truth.height)
    return found
