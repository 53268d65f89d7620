"""The model beside the baselines, on the labelled rows of each part."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from stages.baselines import stage as baselines
from stages.core.item_ids import UNK
from stages.core.keys import KEYS
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
SHOWN = 10  # vacancies of a baseline's list that the report shows


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
    params: Params, asked: Mapping[str, PartToScore], against: Sequence[str], progress: Progress
) -> dict[str, PartResult]:
    """Score the model of each part, then the baselines, which are learnt once for all parts."""
    if not asked:
        return {}
    known, whole = next(iter(asked.values())).known, len(asked) * len(against)
    progress(0, whole, "learning")
    recommenders = baselines.learn(against, train=known.train, vocab=known.vocab, params=params)
    policies = chosen_policies(recommenders, asked.get("validation"), params)
    found: dict[str, PartResult] = {}
    for part, one in asked.items():
        hook = _behind(progress, len(found) * len(against), whole)
        found[part] = _part(params, one, recommenders, policies, hook)
    return found


def _behind(progress: Progress, before: int, whole: int) -> Progress:
    """Progress of one part of the work, behind what is finished already."""

    def hook(done: int, total: int, note: str = "", **figures: float) -> None:
        del total, figures
        progress(before + done, whole, note)

    return hook


def _part(
    params: Params,
    one: PartToScore,
    recommenders: Mapping[str, baselines.Recommender],
    policies: Mapping[str, SeenParams],
    progress: Progress,
) -> PartResult:
    truth, known = one.truth, one.known
    cuts, rows = known.segments(truth), known.contexts.join(truth, on=KEYS, how="semi")
    own, ranks = scored(params, truth, one.model, known, cuts)
    scores, model, differences = {MODEL: own}, values(ranks), {}
    metric, best, lists = headline(own), None, None
    for done, (name, recommender) in enumerate(recommenders.items(), start=1):
        given = rules.with_policy(params, policies[name])
        answers = Answers(recommender, rows, known.vocab, given)
        scores[name], ranks = scored(params, truth, answers.lists(), known, cuts)
        differences[name] = paired(model, values(ranks), params).differences
        if best is None or scores[name].metrics.get(metric, 0.0) > scores[best].metrics.get(
            metric, 0.0
        ):
            best, lists = name, answers
        progress(done, len(recommenders), name)
    fates = {name: policy.model_dump() for name, policy in policies.items()}
    report = PartReport(
        protocol=one.card,
        scores=scores,
        differences=differences,
        baselines_seen=fates,
        best_baseline=best,
    )
    return PartResult(report, None if lists is None else lists.shown())


class Answers:
    """What a baseline recommends for rows, of which only the first few of each list are kept."""

    def __init__(
        self,
        recommender: baselines.Recommender,
        rows: pl.DataFrame,
        vocab: pl.DataFrame,
        params: Params,
    ) -> None:
        self.recommender, self.rows, self.vocab, self.params = recommender, rows, vocab, params
        self.first: list[pl.DataFrame] = []

    def lists(self) -> PredictedLists:
        """The lists, slice by slice."""
        return PredictedLists(self.rows.select(KEYS), self._parts)

    def _parts(self) -> Iterator[pl.DataFrame]:
        self.first = [self.rows.clear().select(*KEYS, "items")]
        for items in baselines.slices(self.recommender, self.rows, self.params):
            self.first.append(items.with_columns(pl.col("items").list.head(SHOWN)))
            yield baselines.as_vacancies(items, self.vocab).select("predictions")

    def shown(self) -> pl.DataFrame:
        """The first of each list, as vacancy ids, once all have been gone through."""
        return baselines.as_vacancies(pl.concat(self.first), self.vocab)


def headline(found: Score) -> str:
    """The metric that stands for the others: MRR@100, or the first there is."""
    return HEADLINE if HEADLINE in found.metrics else next(iter(found.metrics), HEADLINE)


def chosen_policies(
    recommenders: Mapping[str, baselines.Recommender], one: PartToScore | None, params: Params
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
    asked = choice.Labelled(rows)
    return {name: asked.policy_of(one, given, k) for name, one in recommenders.items()}
