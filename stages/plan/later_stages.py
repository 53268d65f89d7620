"""What follows from the tables: training, prediction, evaluation, the page and the bundle."""

from collections.abc import Mapping
from dataclasses import dataclass

from stages.baselines.stage import BASELINES
from stages.bert4rec.ranking.query_encoder import ENCODED
from stages.params import Params
from stages.plan import memory
from stages.plan.report import StagePlan
from stages.plan.sizes import METRICS, PAGE, ModelSize, bundle, predictions
from stages.plan.speed import Speed
from stages.predict.shards import ROWS
from stages.train import memory_model
from stages.train.dataset_stats import DatasetStats
from stages.train.fitting_memory import names_of, table_bytes
from stages.train.loss_choice import takes_all
from stages.train.plan import PlanReport as TrainingPlan

EVALUATED = 0.0004  # seconds of a row and a recommender: docs/plan.md
FACTORED = 0.000000003  # of a row and a trained vacancy: the products of ALS
LEARNT = 0.000004  # of an event while baselines learn
SHOWN = 8.0  # of the report: it reads samples
WAITING = 4  # bytes of a vacancy in the list of a baseline, until all are scored
WRITTEN = 300_000_000  # bytes of a bundle a second


@dataclass(frozen=True)
class Later:
    """What is known before the stages behind the data stages.

    Attributes:
        params: All parameters.
        tables: Sizes of the tables that training reads.
        training: The plan of the training.
        rows: Rows of each part of the sequences.
        events: Filtered events.
        model: Bytes of the model.
        speed: Of this machine.
        id_bytes: Of a recommended id in a predictions file.
        key_bytes: Of a row's keys there.
        labelled: Test rows that have labels.
    """

    params: Params
    tables: DatasetStats
    training: TrainingPlan
    rows: Mapping[str, float]
    events: float
    model: ModelSize
    speed: Speed
    id_bytes: float
    key_bytes: float
    labelled: int

    def train(self) -> StagePlan:
        """Epochs over all windows, and the ranking of the validation rows after each."""
        given, found = self.params.train, self.training
        scored = self.tables.trained if takes_all(given, self.tables.trained) else given.drawn()
        tokens = found.tokens_per_epoch * found.epochs
        asked = len(self.tables.asked) * found.epochs
        steps = self.speed.training(tokens, found.parameters["encoder"], given.hidden_size, scored)
        ranking = self.speed.ranking(asked, self.tables.vacancies, given.hidden_size)
        kept = self.model.checkpoints(self.events, self.rows["train"])
        return StagePlan(
            stage="train",
            rows=tokens,
            unit="tokens",
            seconds=steps + ranking if found.device == "cpu" else None,
            disk=round(self.model.model + kept),
            scratch=self.model.weights + self.model.optimizer,
            memory=memory.TORCH + found.peak,
            basis="stated",
        )

    def predict(self, part: str) -> StagePlan:
        """The best of all vacancies for each row of a part."""
        given, rows, size = self.params, self.rows[part], self.params.train.hidden_size
        disk = predictions(
            rows, given.predict.k, self.tables.vacancies, self.id_bytes, self.key_bytes
        )
        asked = memory_model.ToRank(min(round(rows), ROWS), 1024, ENCODED, neighbours=True)
        ranking = memory_model.ranking_bytes(
            asked, self.tables.vacancies, size, given.predict.batch_rows,
            table_bytes(asked.rows, self.tables.vacancies, names_of(self.tables)),
            half=given.predict.precision != "no",
        )  # fmt: skip
        known = self.training.memory["catalogue"] + self.training.memory["neighbours"]
        lists = rows * given.predict.k * float(memory.LISTED)
        return StagePlan(
            stage=f"predict {part}",
            rows=round(rows),
            unit="rows",
            seconds=self.speed.ranking(rows, self.tables.vacancies, size),
            disk=round(disk),
            scratch=round(lists) if rows > ROWS else 0,
            memory=round(
                memory.predicting(rows, given.predict.k, ranking, known + self.model.weights)
            ),
            basis="stated",
        )

    def evaluate(self) -> StagePlan:
        """The model and all baselines on the labelled rows."""
        rows = self.rows["validation"] + self.labelled
        each = (1 + len(BASELINES)) * EVALUATED + self.tables.trained * FACTORED
        return StagePlan(
            stage="evaluate",
            rows=round(rows),
            unit="rows",
            seconds=rows * each + self.events * LEARNT,
            disk=METRICS + round(rows * self.id_bytes * 10),
            scratch=round(rows * len(BASELINES) * self.params.predict.k * WAITING),
            memory=round(memory.evaluating(rows, self.tables.vacancies, self.events)),
            basis="stated",
        )

    def page(self) -> StagePlan:
        """The HTML page: of samples, whatever the log's size."""
        return StagePlan(
            stage="report", rows=round(self.events), unit="events", seconds=SHOWN, disk=PAGE,
            scratch=0, memory=memory.TORCH, basis="stated",
        )  # fmt: skip

    def bundle(self) -> StagePlan:
        """The model with all that an answer needs."""
        count = self.tables.vacancies
        disk = bundle(self.model, self.tables, self.params.train.hidden_size, self.events)
        return StagePlan(
            stage="bundle",
            rows=count,
            unit="vacancies",
            seconds=disk / WRITTEN,
            disk=round(disk),
            scratch=0,
            memory=round(memory.TORCH + disk * 2),
            basis="stated",
        )

    def all(self) -> list[StagePlan]:
        """Every stage from training on, in order."""
        parts = [self.predict(part) for part in ("test", "validation")]
        return [self.train(), *parts, self.evaluate(), self.page(), self.bundle()]
