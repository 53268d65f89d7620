"""Every option that names a place to write, pointed at what must not be lost."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.command import Type
from tests.helpers.trees import tree

A = "artifacts/"
DIRECTORIES = {
    "explode --out": "raw/train.parquet",
    "filter --out": A + "events",
    "features build --out": A + "vocab.parquet",
    "sequences build --out": A + "filtered",
    "train --out": A + "sequences",
    "train --checkpoints": A + "features",
    "train --live": A + "sequences",
    "evaluate --out": A + "sequences",
    "data sample --sessions 50 --vacancies 50 --out": A + "events",
    "data import log.csv --out": "log.csv",
    "data import log.csv --force --out": "log.csv",
}  # option: an input of the same command, or something else of ours
FILES = {
    "vocab build --out": "raw/vacancies.parquet",
    "predict --out": A + "vocab.parquet",
    "baseline popular --out": A + "vocab.parquet",
    f"blend {A}predictions.parquet {A}validation_predictions.parquet --out": A
    + "predictions.parquet",
    "report --out": A + "predictions.parquet",
    "tune --out": A + "vocab.parquet",
    f"evaluate --predictions {A}predictions.parquet --out": "raw/labels.parquet",
}


def foreign() -> str:
    Path("diary").mkdir()
    Path("diary/monday.txt").write_text("rain")
    return "diary"


def dotted() -> str:
    """A directory of hidden files and of names that checkpoints have, too."""
    Path("work/step-000000001").mkdir(parents=True)
    Path("work/.config").write_text("mine")
    Path("work/step-000000001/notes.txt").write_text("mine")
    return "work"


def file() -> str:
    Path("thesis").write_text("years of work")
    return "thesis"


def link() -> str:
    Path("diary").mkdir()
    Path("diary/monday.txt").write_text("rain")
    Path("link").symlink_to("diary")
    return "link"


def link_to_a_file() -> str:
    Path("thesis").write_text("years of work")
    Path("link").symlink_to("thesis")
    return "link"


def dead_link() -> str:
    Path("link").symlink_to("nowhere")
    return "link"


def below_a_file() -> str:
    Path("thesis").write_text("years of work")
    return "thesis/new"


PLACES: dict[str, Callable[[], str]] = {
    "home": lambda: str(Path.home()),
    "root": lambda: "/",
    "here": lambda: ".",
    "nothing": lambda: "",
    "above": lambda: "..",
    "back here": lambda: "../project",
    "device": lambda: "/dev/null",
    "mount": lambda: "/proc",
    "raw": lambda: "raw",
    "raw file": lambda: "raw/train.parquet",
    "parent of inputs": lambda: "artifacts",
    "too long": lambda: "n" * 300,
    "parameters": lambda: "params.yaml",
    "foreign directory": foreign,
    "foreign hidden files": dotted,
    "foreign file": file,
    "link": link,
    "link to a file": link_to_a_file,
    "dead link": dead_link,
    "below a file": below_a_file,
}


def refused(hhrec: Type, option: str, place: str, root: Path) -> None:
    before = tree(root)
    found = hhrec(*option.split(), place)
    assert found.code in {1, 2}, (found.out, found.err)
    assert found.out == ""
    assert "Traceback" not in found.err
    assert "error" in found.err
    assert len(found.err) < 2_000
    assert " next " in found.said()
    assert tree(root) == before


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("option", [*DIRECTORIES, *FILES])
def test_nothing_that_hhrec_did_not_write_is_replaced(
    project: Path, hhrec: Type, option: str, place: str
) -> None:
    (project / "log.csv").write_text("user_id,item_id,timestamp\n")
    refused(hhrec, option, PLACES[place](), project.parent)


@pytest.mark.parametrize("option", [*DIRECTORIES, *FILES])
def test_no_input_is_replaced(project: Path, hhrec: Type, option: str) -> None:
    (project / "log.csv").write_text("user_id,item_id,timestamp\n")
    refused(hhrec, option, {**DIRECTORIES, **FILES}[option], project.parent)


def test_what_hhrec_wrote_is_replaced_unless_something_was_put_into_it(
    project: Path, hhrec: Type
) -> None:
    assert hhrec("filter").code == 0
    (project / "artifacts/filtered/notes.txt").write_text("mine")
    found = hhrec("filter")
    assert found.code == 1
    assert "artifacts/filtered: holds notes.txt, which `hhrec filter` did not write" in found.said()
    (project / "artifacts/filtered/notes.txt").unlink()
    assert hhrec("filter").code == 0


def test_one_artifact_does_not_replace_another(project: Path, hhrec: Type) -> None:
    before = tree(project)
    found = hhrec("baseline", "popular", "--out", "artifacts/report.html")
    assert found.code == 1
    assert "holds report that `hhrec report` wrote; predictions would replace it" in found.said()
    assert tree(project) == before


def test_force_of_a_run_takes_only_what_hhrec_wrote(project: Path, hhrec: Type) -> None:
    (project / "raw/test.parquet").write_bytes((project / "raw/train.parquet").read_bytes())
    (project / "artifacts/model/diary.txt").write_text("mine")
    refused(hhrec, "run --force --raw", "raw", project.parent)


@pytest.mark.parametrize(
    "words",
    [
        "--out artifacts/model --checkpoints artifacts/model",
        "--checkpoints new --live new",
        "--out new/model --checkpoints new",
    ],
)
def test_places_of_a_training_lie_apart(project: Path, hhrec: Type, words: str) -> None:
    before = tree(project)
    found = hhrec("train", *words.split())
    assert found.code == 1
    assert "expected places apart" in found.said()
    assert tree(project) == before


def test_yesterdays_vocabulary_books_and_model_may_be_replaced_by_todays(
    project: Path, hhrec: Type
) -> None:
    for line in (
        "vocab build --extend artifacts/vocab.parquet",
        "features build --books artifacts/features/books",
        "sequences build",
        "train --from artifacts/model",
        "predict",
    ):
        found = hhrec(*line.split(), "--quiet")
        assert found.code == 0, found.err
    assert (project / "artifacts/predictions.parquet").is_file()
