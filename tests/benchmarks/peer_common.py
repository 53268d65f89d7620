"""What both peers' drivers share. Runs in the peers' environment: only their dependencies here.

A driver is called with the path of a task, a JSON object (see `Task`), and writes what it measured
to `<out>/figures.json` and its recommendations, in hhrec's format, to `<out>/predictions.parquet`.
"""

import json
import time
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import torch

from stages.core.keys import KEYS

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Task:
    """What to train and to predict.

    Attributes:
        artifacts: Directory of hhrec's artifacts: sequences, vocab.parquet.
        out: Where to write.
        epochs: Most epochs.
        steps: Most steps; -1 for whole epochs.
        patience: Epochs without a better validation score before training stops and goes back to
            the best; 0 trains all epochs and validates nothing.
        predict: Whether to recommend for the test rows.
        max_length, hidden_size, layers, heads, batch_rows, mask_prob, dropout, lr: As for hhrec.
        k: Recommendations a user.
        seed: Seed of everything.
    """

    artifacts: str
    out: str
    epochs: int = 1
    steps: int = -1
    patience: int = 0
    predict: bool = True
    max_length: int = 200
    hidden_size: int = 128
    layers: int = 2
    heads: int = 4
    batch_rows: int = 128
    mask_prob: float = 0.2
    dropout: float = 0.2
    lr: float = 1e-3
    k: int = 100
    seed: int = 1


@dataclass
class Figures:
    """What was measured; seconds by the wall clock, tokens without padding."""

    versions: dict[str, str]
    epochs: int = 0
    steps: int = 0
    tokens: int = 0
    train_seconds: float = 0.0  # of the steps that `tokens` counts
    cpu_seconds: float = 0.0  # of the same steps, over all threads
    fit_seconds: float = 0.0  # whole training with validation
    users: int = 0
    predict_seconds: float = 0.0
    best: float | None = None  # NDCG@10 of the validation rows
    step_seconds: list[float] = field(default_factory=list)

    def __deepcopy__(self, _: object) -> "Figures":
        """Stay one object: RecTools trains with a deep copy of the trainer and its callbacks."""
        return self


def read_task(argument: str) -> Task:
    """Read a task and seed."""
    task = Task(**json.loads(Path(argument).read_text(encoding="utf-8")))
    torch.manual_seed(task.seed)
    return task


def measured(*packages: str) -> Figures:
    """Start an empty record."""
    return Figures({name: version(name) for name in ("torch", *packages)})


def sequences(task: Task, part: str) -> pl.DataFrame:
    """Rows of a part with items as numbers from 0, in order of the file."""
    frame = pl.read_parquet(f"{task.artifacts}/sequences/{part}/*.parquet")
    return frame.with_columns(pl.col("items").list.eval(pl.element().cast(pl.Int64) - 3))


def item_count(task: Task) -> int:
    """Vacancies of the vocabulary, trained or not."""
    return len(pl.read_parquet(f"{task.artifacts}/vocab.parquet", columns=["item"]))


def write(task: Task, found: Figures, rows: pl.DataFrame, ranked: list[list[int]]) -> None:
    """Write the figures and, for the rows given, the items ranked (numbers from 0)."""
    out = Path(task.out)
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"task": asdict(task), **asdict(found)}, indent=1)
    (out / "figures.json").write_text(text + "\n", encoding="utf-8")
    if not task.predict:
        return
    names = pl.read_parquet(f"{task.artifacts}/vocab.parquet").sort("item")["vacancy_id"]
    lists = [names.gather(items).to_list() for items in ranked]
    frame = rows.select(KEYS).with_columns(
        pl.Series("predictions", lists, dtype=pl.List(pl.String))
    )
    frame.write_parquet(out / "predictions.parquet")


class Stopwatch:
    """Times training steps and counts their tokens; mixed into either Lightning's Callback.

    A step lasts from the end of the step before it to its own end, so it includes waiting for its
    batch; the first step of an epoch is left out, since loaders start and validation ends in it.
    """

    def __init__(self, found: Figures, count: "Callable[[dict[str, torch.Tensor]], int]") -> None:
        self.found, self.count = found, count
        self.last = self.cpu = 0.0

    def on_train_epoch_start(self, *_: object) -> None:
        self.last = 0.0

    def on_train_batch_end(
        self, _trainer: object, _module: object, _outputs: object, batch: object, *_: object
    ) -> None:
        now, cpu = time.perf_counter(), time.process_time()
        if self.last:
            self.found.step_seconds.append(round(now - self.last, 5))
            self.found.train_seconds += now - self.last
            self.found.cpu_seconds += cpu - self.cpu
            self.found.tokens += self.count(batch)
        self.found.steps += 1
        self.last, self.cpu = now, cpu

    def on_train_epoch_end(self, *_: object) -> None:
        self.found.epochs += 1


class KeepBest:
    """Stops when validation stops improving, and goes back to the best weights."""

    def __init__(self, found: Figures, metric: str, patience: int) -> None:
        self.found, self.metric, self.patience = found, metric, patience
        self.best, self.waited, self.weights = float("-inf"), 0, None

    def on_validation_end(self, trainer: Any, module: torch.nn.Module) -> None:
        score = float(trainer.callback_metrics[self.metric])
        self.waited += 1
        if score > self.best:
            self.best, self.waited = score, 0
            self.weights = deepcopy(module.state_dict())
            self.found.best = score
        trainer.should_stop = self.waited >= self.patience

    def on_train_end(self, _trainer: object, module: torch.nn.Module) -> None:
        if self.weights is not None:
            module.load_state_dict(self.weights)
