"""A trained model that stays in memory and recommends for whoever's events it is given."""

import threading
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from stages.calibration.recommender_choice import ChosenLists
from stages.core.artifact_paths import FEATURES_DIR, MODEL_DIR, SEQUENCES_DIR, VOCAB_FILE
from stages.core.calibration_file import MODEL
from stages.core.item_ids import FIRST_ITEM
from stages.core.model_files import CONFIG
from stages.interface.errors import HhrecError, MissingInputError
from stages.params import Params
from stages.predict import eligibility, loaded_model
from stages.predict.answering import rank
from stages.predict.loaded_model import LoadedModel
from stages.recommend.event_frames import Events
from stages.recommend.questions import questions


class Recommender:
    """Recommends the vacancies that people will most likely respond to next.

    Every method may be called from several threads; rankings wait for each other.

    Args:
        loaded: The model, with its vacancies.
        params: `predict`, `sequences.max_length`, `baseline` and `seed` as they were trained with.
    """

    def __init__(self, loaded: LoadedModel, params: Params) -> None:
        self._loaded, self._params = loaded, params
        self._ranker, self._learned = loaded.ranker(params), loaded.learned(params)
        self._lock = threading.Lock()  # the ranker keeps what it knows of the moment it ranks at

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        params: Params | None = None,
        sequences: str | Path | None = None,
        features: str | Path | None = None,
        vocab: str | Path | None = None,
    ) -> "Recommender":
        """Load a model with the features, histories and vocabulary of its vacancies.

        Args:
            path: A directory of artifacts, or the directory of a model.
            params: The parameters that the model was made with; the defaults if not given.
            sequences: By default `sequences` among the artifacts, or beside the model.
            features: By default `features` there.
            vocab: By default `vocab.parquet` there.

        Raises:
            MissingInputError: Something is not there.
            HhrecError: The parts do not belong together.
        """
        given = Path(path)
        if not given.is_dir():
            raise MissingInputError(
                f"{given}: expected a directory of artifacts or of a model, found none",
                "run `hhrec run`, or name the directory that it wrote",
            )
        model = given if (given / CONFIG).is_file() else given / MODEL_DIR
        root = model.parent
        loaded = loaded_model.load(
            model=model,
            sequences=Path(sequences or root / SEQUENCES_DIR),
            features=Path(features or root / FEATURES_DIR),
            vocab=Path(vocab or root / VOCAB_FILE),
        )
        return cls(loaded, params or Params())

    @property
    def vacancies(self) -> pl.Series:
        """Ids of all vacancies that may be recommended."""
        return self._loaded.names["vacancy_id"]

    @property
    def answers(self) -> str:
        """What ranks: `model`, or the name of the baseline that did better on validation rows."""
        found = self._loaded.calibration
        return found.answer(self._params.predict.fallback)[0] if found else MODEL

    def recommend(
        self, events: Events, k: int = 100, *, at: datetime | None = None
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

        Returns:
            `user_id` (only where the events have one), `rank` from 1, `vacancy_id` and `score`, a
            row a recommendation; people in the order of their first events. Scores of one person
            can be compared. They are null where a baseline ranks; vacancies that `predict.seen` puts
            last stand behind all others whatever their score.

        Raises:
            HhrecError: Events cannot be read, or k is less than 1.
        """
        if k < 1:
            raise HhrecError(f"k: expected 1 or more, found {k}", "leave k out for 100")
        users, rows = questions(events, self._loaded.names, at)
        found = self._answers(rows, k)
        row, place = np.nonzero(found.lists)
        table = pl.DataFrame(
            {
                "rank": place + 1,
                "vacancy_id": self.vacancies.gather(found.lists[row, place] - FIRST_ITEM),
                "score": pl.Series(found.scores[row, place]).fill_nan(None),
            }
        )
        return table if users is None else table.insert_column(0, users.gather(row))

    def _answers(self, rows: pl.DataFrame, k: int) -> ChosenLists:
        wanted = self._params.predict.model_copy(update={"k": k})
        params = self._params.model_copy(update={"predict": wanted})
        train, count, active = self._loaded.train, len(self._loaded.catalogue), None
        if wanted.candidates == "active":
            active = eligibility.activity(train, rows, count, wanted.days())
        with self._lock:
            self._ranker.k, self._ranker.activity = self._loaded.wanted(k), active
            return rank(
                params,
                self._loaded,
                self._ranker,
                self._learned,
                rows,
                held_out=False,
                restricted=active is not None,
            )


load = Recommender.load
