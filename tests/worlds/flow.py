"""Running the data stages on a log that a test made up."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from stages.explode import stage as explode
from stages.filter import stage as filter_stage
from stages.interface.stage_report import Report
from stages.params import Params, validated
from stages.sequences import stage as sequences
from stages.vocab import stage as vocab
from tests.worlds.tiny import Session, raw_sessions


@dataclass(frozen=True)
class Flow:
    """A directory with a raw log and what the data stages make of it."""

    root: Path
    params: Params

    def write(self, train: list[Session], test: list[Session], seed: int | None = None) -> "Flow":
        """Write the raw files, rows shuffled by `seed` if given; every vacancy is catalogued."""
        self.root.mkdir(parents=True, exist_ok=True)
        seen = {vacancy for log in (train, test) for *_, log_ in log for vacancy, *_ in log_}
        catalogue = pl.DataFrame({"vacancy_id": sorted(seen - {"ghost"} | {"v0", "v1"})})
        raw = {"train": raw_sessions(train), "test": raw_sessions(test), "vacancies": catalogue}
        for name, rows in raw.items():
            order = rows if seed is None else rows.sample(fraction=1, shuffle=True, seed=seed)
            order.write_parquet(self.root / f"{name}.parquet")
        return self

    def explode(self, raw: Path | None = None) -> explode.ExplodeReport:
        source = raw or self.root
        return explode.run(
            self.params,
            train=source / "train.parquet",
            test=source / "test.parquet",
            out=self.root / "events",
        )

    def filter(self) -> filter_stage.FilterReport:
        return filter_stage.run(
            self.params, events=self.root / "events", out=self.root / "filtered"
        )

    def vocab(self, raw: Path | None = None) -> vocab.VocabReport:
        return vocab.run(
            self.params,
            events=self.root / "filtered",
            vacancies=(raw or self.root) / "vacancies.parquet",
            out=self.root / "vocab.parquet",
        )

    def sequences(self) -> sequences.SequencesReport:
        return sequences.run(
            self.params,
            filtered=self.root / "filtered",
            events=self.root / "events",
            vocab=self.root / "vocab.parquet",
            out=self.root / "sequences",
        )

    def all(self, raw: Path | None = None) -> list[Report]:
        """Run the four stages."""
        return [self.explode(raw), self.filter(), self.vocab(raw), self.sequences()]

    def read(self, name: str, *keys: str) -> pl.DataFrame:
        """A table, its buckets glued together; sorted by `keys` where given."""
        path = self.root / name
        frame = pl.read_parquet(path if path.is_file() else path / "*.parquet")
        return frame.sort(keys, maintain_order=True, nulls_last=True) if keys else frame

    def digest(self, *names: str) -> dict[str, str]:
        """SHA-256 of every file under the named artifacts."""
        files = [file for name in names for file in _files(self.root / name)]
        return {
            str(file.relative_to(self.root)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in files
        }


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())


def settings(**sections: Any) -> Params:
    """Parameters that keep everything, with the given sections laid over."""
    loose = {"filter": {"min_user_events": 1}, "vocab": {"min_count": 1}}
    return validated({**loose, **sections}, where="test")
