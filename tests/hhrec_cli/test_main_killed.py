"""Every command killed at each of its changes of the disk: old or new, no litter, equal bytes."""

import hashlib
import shutil
import signal
from pathlib import Path

import pytest

from tests.launched.killing import Moment, hhrec

A = "artifacts/"
COMMANDS = {
    "explode": ["events"],
    "filter": ["filtered"],
    "vocab build": ["vocab.parquet"],
    "features build": ["features"],
    "sequences build": ["sequences"],
    "predict": ["predictions.parquet"],
    "baseline popular": ["baselines/popular.parquet"],
    "evaluate": ["metrics"],
    "report": ["report.html"],
    "data sample --sessions 50 --vacancies 50 --out artifacts/sample": ["sample"],
    "data import log.csv --force --out artifacts/imported": ["imported"],
}
LOG = "user_id,item_id,timestamp\n" + "".join(
    f"u{user},i{item},2024-01-{day:02}T10:00:00\n"
    for user in range(3)
    for item, day in enumerate(range(1, 9))
)
FEWEST = 5  # changes of the disk that any command makes
LIMIT = 400
# a SIGTERM that comes when all is done finds no handler any more
CODES = {signal.SIGKILL: {-signal.SIGKILL}, signal.SIGTERM: {130, -signal.SIGTERM}}
CHANGED = {"explode": "--set split.max_users=2"}  # so that old and new differ


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


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("line", COMMANDS)
def test_a_death_at_any_change_loses_nothing(
    project: Path, line: str, how: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "log.csv").write_text(LOG)
    words = [*line.split(), "--quiet"]
    more = CHANGED.get(line, "").split()
    assert hhrec(words) == 0
    old = content(project, COMMANDS[line])
    new_root = Path(shutil.copytree(project, project.parent / "undisturbed"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(new_root)
        assert hhrec([*words, *more]) == 0
    new = content(new_root, COMMANDS[line])
    kills = 0
    for number in range(1, LIMIT):
        code = hhrec([*words, *more], Moment("change", number, signal=how))
        if code == 0:
            break
        assert code in CODES[how]
        kills += 1
        assert content(project, COMMANDS[line]) in {old, new}, number
        assert hhrec([*words, *more]) == 0
        assert not litter(project)
        assert content(project, COMMANDS[line]) == new, number
        assert hhrec(words) == 0  # the old again
    assert FEWEST < kills < LIMIT - 1
    with capsys.disabled():
        print(f"\n{line}: {kills} {how.name}, {kills} resumes, 0 losses")  # noqa: T201
