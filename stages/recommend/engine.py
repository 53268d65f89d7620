"""Answers of one model: for few histories one by one, for many at once, and under rules."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from stages.bert4rec.examples.histories import Ints
from stages.bundle.content import Content
from stages.calibration import rerank
from stages.calibration.recommender_choice import AS_TRAINED, ChosenLists
from stages.core.calibration_file import MODEL
from stages.core.item_ids import FIRST_ITEM
from stages.interface.errors import HhrecError
from stages.loaders.rank_queries import GROUP
from stages.predict.answering import activity_of, answer
from stages.predict.list_rules import ListRules
from stages.predict.restrictions import Restrictions
from stages.reasons.explainer import Explainer
from stages.reasons.report import Explanation
from stages.recommend.answers import Answer, Rules
from stages.recommend.history import History, as_rows, of_row
from stages.recommend.limits import Limits, limits_of
from stages.recommend.quick import Quick
from stages.recommend.similarity import similar
from stages.rules.lists import Floats

FEW = 12  # histories that are faster without tables
KEPT = 16  # rules of earlier calls that are remembered


class Engine:
    """Answers; any number of threads may ask.

    Args:
        content: The model with all that ranking needs.
    """

    def __init__(self, content: Content) -> None:
        self.content = content
        self.quick = Quick(content)
        self._limits: dict[tuple[object, ...], Limits] = {}

    def item(self, vacancy: str) -> int:
        """Find the item id of a vacancy.

        Raises:
            HhrecError: The catalogue lacks it.
        """
        found = int(self.content.ids.items([vacancy])[0])
        if not found:
            raise HhrecError(
                f"vacancy {vacancy!r}: unknown", "look one up with `hhrec vocab lookup ID`"
            )
        return found

    def limits(self, rules: Rules) -> Limits:
        """Read rules, those of late once."""
        key = rules.key()
        found = self._limits.get(key)
        if found is None:
            found = limits_of(rules, self.content.ids, self.content.facts, self.content.withdrawn)
            self._limits = {**dict(list(self._limits.items())[1 - KEPT :]), key: found}
        return found

    def answers(
        self,
        asked: Sequence[History] | pl.DataFrame,
        k: int,
        rules: Rules,
        *,
        explain: bool = False,
    ) -> list[Answer]:
        """Answer histories, or rows (`schema.TEST_SEQUENCES`), under rules."""
        limits = self.limits(rules)
        found = None
        if len(asked) <= FEW and not limits.max_per:
            found = self._few(histories(asked), k, limits)
        if found is None:
            rows = asked if isinstance(asked, pl.DataFrame) else as_rows(asked)
            found = self._together(rows, k, limits)
        if not explain:
            return [self._answer(*one) for one in found]
        return [
            self._answer(*one, self._reasons(history, one[0].tolist()))
            for one, history in zip(found, histories(asked), strict=True)
        ]

    def _reasons(self, history: History, items: Sequence[int]) -> list[Explanation]:
        return self.explained(history, items, what_if=False) if items else []

    def _answer(
        self, items: Ints, scores: Floats, by: str, why: list[Explanation] | None = None
    ) -> Answer:
        named = self.content.ids.names[items - FIRST_ITEM].to_list()
        known = by in {MODEL, AS_TRAINED}
        worth: list[float | None] = scores.tolist() if known else [None] * len(items)
        return Answer(named, worth, by, why or [])

    def _few(
        self, asked: Sequence[History], k: int, limits: Limits
    ) -> list[tuple[Ints, Floats, str]] | None:
        """Answer without tables; None where a baseline has to."""
        found = self.quick.answers(asked, k, limits.allowed) if asked else []
        return None if found is None else [(one.items, one.scores, one.by) for one in found]

    def _together(
        self, rows: pl.DataFrame, k: int, limits: Limits
    ) -> list[tuple[Ints, Floats, str]]:
        found = self.lists(rows, k, limits)
        by = self._answered_by(rows, found)
        lengths = (found.lists > 0).sum(axis=1).tolist()
        return [
            (items[:length].astype(np.int64), scores[:length], who)
            for items, scores, length, who in zip(
                found.lists, found.scores, lengths, by, strict=True
            )
        ]

    def lists(self, rows: pl.DataFrame, k: int, limits: Limits) -> ChosenLists:
        """Rank many rows (`schema.TEST_SEQUENCES`) as `predict` does."""
        content = self.content
        loaded, facts = content.loaded, content.facts
        predict = content.params.predict.model_copy(update={"k": min(k, len(loaded.names))})
        params = content.params.model_copy(update={"predict": predict})
        active = activity_of(params, loaded, rows)
        groups: tuple[Ints, ...] = ()
        if limits.allowed is not None:
            groups = (np.flatnonzero(limits.allowed),)
            rows = rows.with_columns(pl.lit(0, dtype=pl.Int32).alias(GROUP))
        restricted = Restrictions(rows, groups=groups, activity=active)
        known = facts.select(*limits.max_per) if limits.max_per and facts is not None else None
        wanted = ListRules(dict(limits.max_per))
        with content.lock:
            ranker = content.ranker
            ranker.k, ranker.activity, ranker.groups = loaded.wanted(predict.k), active, groups
            return answer(
                params, loaded, ranker, restricted, wanted, known, learned=content.learned
            )[0]

    def _answered_by(self, rows: pl.DataFrame, found: ChosenLists) -> list[str]:
        loaded, learned = self.content.loaded, self.content.learned
        if len(found.by) <= 1 or loaded.calibration is None or learned is None:
            return [next(iter(found.by), MODEL)] * len(rows)
        first = next(name for name in found.by if name != AS_TRAINED)
        close = rerank.within(rows, loaded.calibration, learned).tolist()
        return [first if one else AS_TRAINED for one in close]

    def explained(
        self, history: History, items: Sequence[int], *, k: int = 10, what_if: bool
    ) -> list[Explanation]:
        """Explain vacancies of one history, or its first k."""
        content = self.content
        explainer = Explainer(content.loaded, content.params, content.facts)
        with content.lock:
            ranker = content.ranker
            explainer.__dict__.update(ranker=ranker, learned=content.learned)
            before, ranker.with_parts = ranker.with_parts, True
            ranker.k, ranker.groups = content.loaded.wanted(k), ()
            try:
                return explainer.explain(as_rows([history]), items, k=k, what_if=what_if)
            finally:
                ranker.with_parts = before

    def similar(self, item: int, k: int, rules: Rules) -> tuple[Ints, Floats]:
        """Find the k vacancies most like one: item ids and cosines."""
        return similar(self.content, item, k, self.limits(rules).allowed)

    def described(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Give the facts of vacancies, the id alone where nothing is known."""
        items = self.content.ids.items(list(ids))
        known, facts = np.flatnonzero(items), self.content.facts
        found: list[dict[str, Any]] = [{"vacancy_id": name} for name in ids]
        if facts is not None and len(known):
            said = facts[items[known] - FIRST_ITEM].to_dicts()
            for place, one in zip(known.tolist(), said, strict=True):
                found[place] |= one
        return found


def histories(asked: Sequence[History] | pl.DataFrame) -> Sequence[History]:
    """Take rows apart."""
    if not isinstance(asked, pl.DataFrame):
        return asked
    return [of_row(row) for row in asked.iter_slices(1)]
