"""Every command killed at each change of the disk and at random: old or new, no litter, equal bytes."""

import hashlib
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.launched.killing import Moment, hhrec

A = "artifacts/"
COMMANDS = {
    "explode": ["events"],
    "filter": ["filtered"],
    "vocab build": ["vocab.parquet"],
    "features build": ["features"],
    "sequences build": ["sequences"],
    "train": ["model"],
    "predict": ["predictions.parquet"],
    "baseline popular": ["baselines/popular.parquet"],
    "blend --out artifacts/mix.parquet artifacts/predictions.parquet artifacts/other.parquet": [
        "mix.parquet"
    ],
    "evaluate": ["metrics"],
    "report": ["report.html"],
    "run": ["model", "predictions.parquet", "metrics"],
    "data sample --sessions 50 --vacancies 50 --out artifacts/sample": ["sample"],
    "data import log.csv --force --out artifacts/imported": ["imported"],
}
CHANGED = {  # so that old and new differ
    "explode": "--set split.max_users=2",
    "filter": "--set filter.min_item_events=2",
    "vocab build": "--set vocab.min_count=1",
    "features build": "--set features.tokens=100",
    "sequences build": "--now",
    "train": "--set train.lr=0.003",
    "run": "--set train.lr=0.003",
    "predict": "--set predict.k=3",
    "baseline popular": "--set predict.k=3",
    "blend --out artifacts/mix.parquet artifacts/predictions.parquet artifacts/other.parquet": (
        "--weights 1,9"
    ),
    "evaluate": "--set evaluate.bootstrap=200",
}
LOG = "user_id,item_id,timestamp\n" + "".join(
    f"u{user},i{item},2024-01-{day:02}T10:00:00\n"
    for user in range(3)
    for item, day in enumerate(range(1, 9))
)
FEWEST = 5  # changes of the disk that any command makes
LIMIT = 2000
RANDOM = 20  # deaths of a command at random moments, by each signal
# a SIGTERM that comes when all is done finds no handler any more
CODES = {signal.SIGKILL: {-signal.SIGKILL}, signal.SIGTERM: {130, -signal.SIGTERM}}
BOTH = [signal.SIGKILL, signal.SIGTERM]
Record = Callable[[str, object], None]
LONG = {"run"}  # hundreds of changes, which are those of its steps: at random only


def content(root: Path, names: list[str]) -> str:
    """A hash of the files of artifacts; empty where one is not there."""
    digest = hashlib.sha256()
    for name in names:
        place = root / A / name
        if not place.exists():
            return ""
        files = (
            [place] if place.is_file() else [file for file in place.rglob("*") if file.is_file()]
        )
        for file in sorted(files):
            digest.update(file.relative_to(root).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


def litter(root: Path) -> list[Path]:
    return [*root.rglob("*.part"), *root.rglob("*.old")]


class Tortured:
    """A command that dies, again and again, over what it wrote before with other parameters."""

    def __init__(self, project: Path, line: str, how: signal.Signals) -> None:
        self.project, self.names, self.how = project, COMMANDS[line], how
        self.words = [*line.split(), "--quiet"]
        self.again = [*self.words, *CHANGED.get(line, "").split()]
        (project / "log.csv").write_text(LOG)
        assert hhrec(["baseline", "popular", "--out", "artifacts/other.parquet", "--quiet"]) == 0
        assert hhrec(self.words) == 0
        self.old = content(project, self.names)
        root = Path(shutil.copytree(project, project.parent / "undisturbed"))
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(root)
            begun = time.monotonic()
            assert hhrec(self.again) == 0
            self.seconds = time.monotonic() - begun
        self.new = content(root, self.names)
        assert (self.new != self.old) == (line in CHANGED)

    def dies(self, moment: Moment) -> bool:
        """Whether it died; what it left is old or new, and the next start makes it new and clean."""
        code = hhrec(self.again, moment)
        if code:
            assert code in CODES[self.how]
        if self.names != COMMANDS["run"]:  # whose artifacts change one after the other
            assert content(self.project, self.names) in {self.old, self.new}, moment
        if code:
            assert hhrec(self.again) == 0
        assert not litter(self.project)
        assert content(self.project, self.names) == self.new, moment
        assert hhrec(self.words) == 0  # the old again
        return code != 0


def moments(tortured: Tortured) -> Iterator[Moment]:
    """Random times of a command, from its start to its usual end."""
    draw = np.random.default_rng(20261127)
    for delay in draw.uniform(0, tortured.seconds, RANDOM):
        yield Moment("time", 0, float(delay), signal=tortured.how)


@pytest.mark.slow
@pytest.mark.parametrize("how", BOTH)
@pytest.mark.parametrize("line", sorted({*COMMANDS} - LONG))
def test_a_death_at_any_change_loses_nothing(
    project: Path, line: str, how: signal.Signals, record_property: Record
) -> None:
    tortured, kills = Tortured(project, line, how), 0
    while tortured.dies(Moment("change", kills + 1, signal=how)):
        kills += 1
        assert kills < LIMIT
    assert kills > FEWEST
    record_property("kills", kills)


@pytest.mark.slow
@pytest.mark.parametrize("how", BOTH)
@pytest.mark.parametrize("line", COMMANDS)
def test_deaths_at_random_lose_nothing(
    project: Path, line: str, how: signal.Signals, record_property: Record
) -> None:
    tortured = Tortured(project, line, how)
    kills = sum(tortured.dies(moment) for moment in moments(tortured))
    assert kills
    record_property("kills", kills)
