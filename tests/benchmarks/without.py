"""Without one part of the model, or without the speed-ups: what parameters cannot switch off is patched."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import torch

from stages.bert4rec.network import popularity_prior, repeat_scorer
from stages.bert4rec.ranking import question
from stages.core.actions import VIEW
from stages.train import batch_maker
from tests.benchmarks import unoptimised

LOCATION = ("area.id", "area.regionId")
PARAMETERS = {"next_response": "train.session_weight=0", "neighbours": "train.neighbours=0"}
COLUMNS = ("content", "location")


def blind_to_actions() -> None:
    """Show every event, and the question, as a view; which questions are asked stays."""
    for module in (question, batch_maker):
        module.tensors = partial(all_views, module.tensors)  # type: ignore[attr-defined]


def all_views(tensors: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Make a batch in which every action is a view."""
    batch = tensors(*given, **named)
    views = torch.full_like(batch.actions, VIEW)
    return replace(batch, actions=views, asked=torch.full_like(batch.asked, VIEW))


def silent_repeats() -> None:
    """Leave vacancies of the history with what their vectors and demand say."""
    heard = repeat_scorer.RepeatScorer.forward

    def forward(self: Any, *given: Any) -> torch.Tensor:
        logits = heard(self, *given)
        return torch.where(logits.isfinite(), torch.zeros_like(logits), logits)

    repeat_scorer.RepeatScorer.forward = forward  # type: ignore[method-assign]


def silent_demand() -> None:
    """Leave out when and how often vacancies were met."""
    heard = popularity_prior.PopularityPrior.forward

    def forward(self: Any, *given: Any) -> torch.Tensor:
        return 0.0 * heard(self, *given)

    popularity_prior.PopularityPrior.forward = forward  # type: ignore[method-assign]


MODEL = {"actions": blind_to_actions, "repeats": silent_repeats, "demand": silent_demand}
PARTS = (*COLUMNS, *MODEL, *PARAMETERS)
PATCHES = MODEL | {"speed_ups": unoptimised.loop}


def columns(raw: Path, out: Path, part: str) -> None:
    """Copy raw files with vacancies that say nothing, or not where they are; once."""
    if (out / "vacancies.parquet").is_file():
        return
    out.mkdir(parents=True, exist_ok=True)
    for file in raw.glob("*"):
        if file.name != "vacancies.parquet":
            (out / file.name).symlink_to(file.resolve())
    table = pl.read_parquet(raw / "vacancies.parquet")
    names = [name for name in table.columns if name != "vacancy_id"]
    chosen = [name for name in names if part == "content" or name in LOCATION]
    nothing = [pl.lit(None, table.schema[name]).alias(name) for name in chosen]
    table.with_columns(nothing).write_parquet(out / "vacancies.parquet")
