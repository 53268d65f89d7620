"""A trained model that stays in memory and recommends for whoever's events it is given."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from stages.bundle.content import Content
from stages.core.calibration_file import MODEL
from stages.core.item_ids import FIRST_ITEM
from stages.interface.errors import HhrecError
from stages.params import Params
from stages.reasons.report import Explanation
from stages.recommend import loading
from stages.recommend.answers import Answer, Query, Rules, require_number, table_of, together
from stages.recommend.engine import Engine, histories
from stages.recommend.event_frames import Event, Events
from stages.recommend.history import History, history_of
from stages.recommend.questions import questions


class Recommender:
    """Recommends the vacancies that people will most likely respond to next.

    Every method may be called from several threads.

    Args:
        engine: The model, with all that ranking needs.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        params: Params | None = None,
        sequences: str | Path | None = None,
        features: str | Path | None = None,
        vocab: str | Path | None = None,
        vacancies: str | Path | None = None,
    ) -> "Recommender":
        """Load a bundle, or a model with the features, histories and vocabulary of its vacancies.

        Args:
            path: A bundle, a directory of artifacts, or the directory of a model.
            params: The parameters that the model was made with; a bundle has its own, and without it
                the defaults are taken.
            sequences: By default `sequences` among the artifacts, or beside the model.
            features: By default `features` there.
            vocab: By default `vocab.parquet` there.
            vacancies: The catalogue, for rules and names; by default `vacancies.parquet` in the
                directory that `raw` of the parameters names, if it is there.

        Raises:
            MissingInputError: Something is not there.
            HhrecError: The parts do not belong together.
        """
        given = Path(path)
        named = {"sequences": sequences, "features": features, "vocab": vocab}
        tables = {name: Path(place) for name, place in named.items() if place is not None}
        catalogue = None if vacancies is None else Path(vacancies)
        return cls(Engine(loading.content_of(given, params, tables, catalogue)))

    @property
    def content(self) -> Content:
        """The model, with all that answers rest on."""
        return self._engine.content

    @property
    def vacancies(self) -> pl.Series:
        """Ids of all vacancies that may be recommended."""
        return self._engine.content.loaded.names["vacancy_id"]

    @property
    def answers(self) -> str:
        """What ranks: `model`, or the name of the baseline that did better on validation rows."""
        found = self._engine.content.loaded.calibration
        return found.answer(self._engine.content.params.predict.fallback)[0] if found else MODEL

    @property
    def info(self) -> dict[str, Any]:
        """What it was loaded from: kind and path; of a bundle its digest and `trained_until`, too."""
        return {**self._engine.content.info, "vacancies": len(self.vacancies)}

    @property
    def fields(self) -> list[str]:
        """Fields of vacancies that `where` and `max_per` know."""
        facts = self._engine.content.facts
        return [] if facts is None else facts.columns

    def recommend(
        self,
        events: Events,
        k: int = 100,
        *,
        at: datetime | None = None,
        allow: Collection[str] | None = None,
        deny: Collection[str] = (),
        where: Sequence[str] = (),
        max_per: Mapping[str, int] | None = None,
        explain: bool = False,
    ) -> pl.DataFrame:
        """Recommend k vacancies to each person, best first.

        People need not be in the log, and what the log holds of them is not looked up: all that
        counts is the events given. A vacancy that the catalogue lacks counts as an event with an
        unknown vacancy. A person without events gets what is in demand.

        Args:
            events: A frame of events; a list of them (dictionaries); or lists by user id. An event
                has `vacancy_id`, `action_type` (1 or `response`, 2 or `view`, 3 or `favourite`) and
                `action_dt` (UTC if it has no zone), and maybe `user_id` and `session_id`.
            k: Most recommendations for each person.
            at: When they are made; later events do not count. By default at each person's newest
                event, and for people without events after all that is known.
            allow: Ids of the only vacancies that may be recommended.
            deny: Ids of vacancies that may not.
            where: Conditions on fields of a vacancy, such as `area.regionId=1`.
            max_per: Most vacancies of a list that share a value of a field, by field.
            explain: Whether to say why, in words.

        Returns:
            `user_id` (only where the events have one), `rank` from 1, `vacancy_id` and `score`, and
            `reasons` (a list of texts) where asked for; a row a recommendation; people in the order
            of their first events. Scores of one person can be compared. They are null where a
            baseline ranks; vacancies that `predict.seen` puts last stand behind all others
            whatever their score.

        Raises:
            HhrecError: Events cannot be read, k is less than 1, or rules leave nothing.
        """
        rules = Rules(allow, deny, where, max_per or {})
        require_number(k)
        users, asked = self._asked(events, at)
        answers = self._engine.answers(asked, k, rules, explain=explain)
        table = table_of(answers, explain=explain)
        owner = np.repeat(np.arange(len(answers)), [len(one.ids) for one in answers])
        return table if users is None else table.insert_column(0, users.gather(owner))

    def answer(self, queries: Sequence[Query]) -> list[Answer]:
        """Answer many people's questions, each with rules of its own.

        Raises:
            HhrecError: Events cannot be read, k is less than 1, or rules leave nothing.
        """
        found: dict[int, Answer] = {}
        for places in together(queries):
            first = queries[places[0]]
            require_number(first.k)
            asked = [self._one(queries[place].events, queries[place].at) for place in places]
            answers = self._engine.answers(asked, first.k, first.rules, explain=first.explain)
            found |= dict(zip(places, answers, strict=True))
        return [found[place] for place in range(len(queries))]

    def explain(
        self,
        events: Sequence[Event] | pl.DataFrame,
        vacancies: Sequence[str] = (),
        k: int = 10,
        *,
        at: datetime | None = None,
        what_if: bool = True,
    ) -> list[Explanation]:
        """Say why one person gets the first k recommendations, or how others would do.

        Args:
            events: The person's history.
            vacancies: Ids of the vacancies to explain; none takes the first k.
            k: How many.
            at: When; see `recommend`.
            what_if: Whether to rank anew without each event that a reason names.

        Raises:
            HhrecError: Events cannot be read, or a vacancy is unknown.
        """
        require_number(k)
        items = [self._engine.item(name) for name in vacancies]
        return self._engine.explained(self._one(events, at), items, k=k, what_if=what_if)

    def similar(
        self,
        vacancy_id: str,
        k: int = 10,
        *,
        allow: Collection[str] | None = None,
        deny: Collection[str] = (),
        where: Sequence[str] = (),
    ) -> pl.DataFrame:
        """List the vacancies most like one, itself left out: `rank`, `vacancy_id`, `score`.

        The score is the cosine of the model's vectors of both.

        Raises:
            HhrecError: The vacancy is unknown, k is less than 1, or rules leave nothing.
        """
        require_number(k)
        items, scores = self._engine.similar(
            self._engine.item(vacancy_id), k, Rules(allow, deny, where)
        )
        return pl.DataFrame(
            {
                "rank": np.arange(1, len(items) + 1),
                "vacancy_id": self.vacancies.gather(items - FIRST_ITEM),
                "score": scores.astype(np.float64),
            }
        )

    def describe(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Give what is known of vacancies, for display: a dictionary each, the id alone if nothing is."""
        return self._engine.described(ids)

    def _asked(
        self, events: Events, at: datetime | None
    ) -> tuple[pl.Series | None, list[History] | pl.DataFrame]:
        """Read people's histories, and their ids where the events have some."""
        if not isinstance(events, pl.DataFrame | Mapping):
            events = list(events)
            one = history_of(events, self._engine.content.ids, at)
            if one is not None:
                return None, [one]
        found = questions(events, self._engine.content.loaded.names, at)
        return found.users, found.rows

    def _one(self, events: Iterable[Event] | pl.DataFrame, at: datetime | None) -> History:
        found = histories(self._asked(events, at)[1])
        if len(found) != 1:
            raise HhrecError(
                f"events: expected those of one person, found {len(found)} user ids",
                "ask for each person by a question of its own, without user_id",
            )
        return found[0]


load = Recommender.load
