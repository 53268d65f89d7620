"""What a recommender ranks with: the model, its vectors, and recommenders already learned."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from stages.bert4rec.examples.histories import Ints
from stages.bert4rec.ranking.ranker import Ranker
from stages.bundle.vacancy_ids import VacancyIds
from stages.calibration import rerank
from stages.calibration.heuristics import Heuristics
from stages.calibration.recommender_choice import AS_TRAINED, ChosenLists
from stages.core.artifact_paths import VACANCIES_FILE
from stages.core.calibration_file import MODEL
from stages.core.item_ids import FIRST_ITEM
from stages.interface.errors import HhrecError
from stages.loaders.rank_queries import GROUP
from stages.params import Params
from stages.predict.answering import activity_of, answer
from stages.predict.list_rules import ListRules, unit_vectors
from stages.predict.loaded_model import LoadedModel
from stages.predict.restrictions import Restrictions
from stages.reasons.explainer import Explainer
from stages.reasons.report import Explanation
from stages.recommend.answers import Answer, Rules
from stages.recommend.limits import Limits, limits_of
from stages.rules import facts as catalogue_facts
from stages.rules.lists import Floats

SHOWN_LEFT_OUT = ("description",)  # of the catalogue: long texts


@dataclass
class Engine:
    """All that answers are made of.

    Attributes:
        loaded: The model.
        params: `predict`, `sequences.max_length`, `baseline` and `seed` as it was trained with.
        ids: Item ids by vacancy id.
        facts: What is known of vacancies, by item; None without a catalogue.
        ranker: Has the vectors of all vacancies.
        learned: The recommenders that the calibration asks.
        lock: Held while ranking: the ranker keeps what it knows of the moment it ranks at.
    """

    loaded: LoadedModel
    params: Params
    ids: VacancyIds
    facts: pl.DataFrame | None
    ranker: Ranker
    learned: Heuristics | None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, loaded: LoadedModel, params: Params, vacancies: Path | None) -> "Engine":
        """Learn and compute all that is not in files."""
        file = vacancies or Path(params.raw) / VACANCIES_FILE
        facts = None
        if vacancies is not None or file.is_file():
            columns = list(pl.read_parquet_schema(file))
            shown = [name for name in columns if name not in (*SHOWN_LEFT_OUT, "vacancy_id")]
            facts = catalogue_facts.read(file, loaded.names, shown)
        ids = VacancyIds.of(loaded.names["vacancy_id"])
        return cls(loaded, params, ids, facts, loaded.ranker(params), loaded.learned(params))

    def item(self, vacancy: str) -> int:
        """Item id of a vacancy.

        Raises:
            HhrecError: The catalogue lacks it.
        """
        found = int(self.ids.items([vacancy])[0])
        if not found:
            raise HhrecError(
                f"vacancy {vacancy!r}: unknown", "look one up with `hhrec vocab lookup ID`"
            )
        return found

    def answers(
        self, rows: pl.DataFrame, k: int, rules: Rules, *, explain: bool = False
    ) -> list[Answer]:
        """Answer rows (`schema.TEST_SEQUENCES`) under rules."""
        limits = limits_of(rules, self.ids, self.facts)
        found = self.lists(rows, k, limits)
        by = self.answerers_of(rows, found)
        lengths = (found.lists > 0).sum(axis=1)
        answers = []
        for row, (items, scores) in enumerate(zip(found.lists, found.scores, strict=True)):
            own = items[: lengths[row]].astype(np.int64)
            why = self.explained(rows[row], own.tolist(), what_if=False) if explain else []
            named = self.ids.names.gather(own - FIRST_ITEM).to_list()
            worth = [None if score != score else score for score in scores[: len(own)].tolist()]  # noqa: PLR0124
            answers.append(Answer(named, worth, by[row], why))
        return answers

    def lists(self, rows: pl.DataFrame, k: int, limits: Limits) -> ChosenLists:
        """Rank rows."""
        predict = self.params.predict.model_copy(update={"k": min(k, len(self.loaded.names))})
        params = self.params.model_copy(update={"predict": predict})
        active = activity_of(params, self.loaded, rows)
        groups: tuple[Ints, ...] = ()
        if limits.allowed is not None:
            groups = (np.flatnonzero(limits.allowed),)
            rows = rows.with_columns(pl.lit(0, dtype=pl.Int32).alias(GROUP))
        known = (
            self.facts.select(*limits.max_per)
            if limits.max_per and self.facts is not None
            else None
        )
        with self.lock:
            ranker = self.ranker
            ranker.k, ranker.activity = self.loaded.wanted(predict.k), active
            ranker.groups = groups
            restricted = Restrictions(rows, groups=groups, activity=active)
            wanted = ListRules(dict(limits.max_per))
            return answer(
                params, self.loaded, ranker, restricted, wanted, known, learned=self.learned
            )[0]

    def answerers_of(self, rows: pl.DataFrame, found: ChosenLists) -> list[str]:
        """Who answered each row."""
        if len(found.by) <= 1:
            return [next(iter(found.by), MODEL)] * len(rows)
        assert self.loaded.calibration is not None  # noqa: S101
        assert self.learned is not None  # noqa: S101
        close = rerank.within(rows, self.loaded.calibration, self.learned)
        first = next(name for name in found.by if name != AS_TRAINED)
        return [first if one else AS_TRAINED for one in close.tolist()]

    def explained(
        self, row: pl.DataFrame, items: Sequence[int], *, k: int = 10, what_if: bool
    ) -> list[Explanation]:
        """Explain vacancies of one row, or its first k."""
        explainer = Explainer(self.loaded, self.params, self.facts)
        explainer.__dict__.update(ranker=self.ranker, learned=self.learned)  # what it would compute
        with self.lock:
            before = self.ranker.with_parts
            self.ranker.k, self.ranker.groups, self.ranker.with_parts = (
                self.loaded.wanted(k),
                (),
                True,
            )
            try:
                return explainer.explain(row, items, k=k, what_if=what_if)
            finally:
                self.ranker.with_parts = before

    def similar(self, item: int, k: int, rules: Rules) -> tuple[Ints, Floats]:
        """Item ids and cosines of the k vacancies most like one, itself left out."""
        limits = limits_of(rules, self.ids, self.facts)
        vectors = unit_vectors(self.ranker)
        scores = vectors @ vectors[item]
        scores[:FIRST_ITEM] = scores[item] = -np.inf
        if limits.allowed is not None:
            scores[~limits.allowed] = -np.inf
        order = np.lexsort((np.arange(len(scores)), -scores))[:k]
        order = order[np.isfinite(scores[order])]
        return order, scores[order]

    def described(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Give the facts of vacancies."""
        items = self.ids.items(list(ids))
        known = np.flatnonzero(items)
        found: list[dict[str, Any]] = [{"vacancy_id": name} for name in ids]
        if self.facts is not None and len(known):
            for place, facts in zip(
                known.tolist(), self.facts[items[known] - FIRST_ITEM].to_dicts(), strict=True
            ):
                found[place] |= facts
        return found
