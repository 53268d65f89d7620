"""A small model with its artifacts, as a bundle, and histories to ask it about."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from stages.bundle import stage as bundle
from stages.params import Params, validated
from tests.worlds.little_model import TINY, trained

NOON = datetime.fromisoformat("2024-05-01T12:00:00")
KEEP = {"response": "keep", "view": "keep", "favourite": "keep"}


class Served:
    """Artifacts under `root`, and the bundle made of them.

    Args:
        artifacts: What the data stages wrote; read only.
        root: Where the model and the bundle are written.
        predict: Parameters of prediction.
    """

    def __init__(self, artifacts: Path, root: Path, **predict: Any) -> None:
        self.paths: dict[str, Path] = trained(artifacts, root)
        self.vacancies = artifacts / "raw" / "vacancies.parquet"
        self.params = settings(**predict)
        self.path = root / "bundle"
        self.root = root

    def write(self) -> bundle.BundleReport:
        """Write the bundle."""
        return bundle.run(self.params, **self.paths, out=self.path, vacancies=self.vacancies)

    def rows(self, part: str = "test") -> pl.DataFrame:
        """Rows of a part, by user, as `predict` takes them."""
        found = pl.read_parquet(self.paths["sequences"] / part / "*.parquet")
        return found.sort("user_id", maintain_order=True)


def settings(**predict: Any) -> Params:
    """Parameters of a small model."""
    return validated({"train": TINY, "predict": {"fallback": "never", **predict}}, where="test")


def view(
    vacancy: str | None, minutes: int = 0, action: object = "view", **more: Any
) -> dict[str, Any]:
    """One event, some minutes after noon."""
    when = NOON + timedelta(minutes=minutes)
    return {"vacancy_id": vacancy, "action_type": action, "action_dt": when, **more}
