"""`hhrec bundle`, `recommend`, `similar` and `predict --format` as they are typed."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.helpers.command import Type
from tests.worlds.served import Served, view

SET = ("--set", "train.hidden_size=16", "--set", "train.heads=2", "--set", "train.layers=1")


@pytest.fixture(scope="module")
def world(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A model and its bundle. Read it only."""
    found = Served(small_artifacts, tmp_path_factory.mktemp("typed"))
    found.write()
    return found


def options(world: Served) -> list[object]:
    return [word for name, path in world.paths.items() for word in (f"--{name}", path)]


def lines(*events: dict[str, Any]) -> str:
    return "".join(json.dumps(one, default=str) + "\n" for one in events)


def pipe(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    class Stdin:
        buffer = io.BytesIO(text.encode())

        def isatty(self) -> bool:
            return False

    monkeypatch.setattr(sys, "stdin", Stdin())


def test_a_bundle_is_written_and_asked(
    world: Served, hhrec: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "bundle"
    made = hhrec("bundle", *options(world), "--vacancies", world.vacancies, "--out", out, "--json")
    assert made.code == 0, made.err
    assert made.json()["vacancies"] == 300
    first = pl.read_ipc(out / "vacancies.arrow")["vacancy_id"][0]
    pipe(monkeypatch, lines(view(first), view(first, 5)))
    found = hhrec("recommend", out, "--k", 3, "--json", "--explain", "--max-per", "company.id=1")
    assert found.code == 0, found.err
    (one,) = found.json()
    assert one["name"] is None
    assert [place["rank"] for place in one["vacancies"]] == [1, 2, 3]
    assert all(place["name"] and place["reasons"] for place in one["vacancies"])
    pipe(monkeypatch, lines(view(first)))
    shown = hhrec("recommend", out, "--k", 2)
    assert one["vacancies"][0]["vacancy_id"] in shown.out or shown.out.count("\n") == 3


def test_people_of_a_file_by_name(world: Served, hhrec: Type, tmp_path: Path) -> None:
    events = lines(view("a", user_id="anna"), view("b", user_id="boris"), view("c", user_id="anna"))
    (tmp_path / "e.jsonl").write_text(events, encoding="utf-8")
    words = ("recommend", world.path, "--events", tmp_path / "e.jsonl", "--k", 2, "--json")
    assert [one["name"] for one in hhrec(*words).json()] == ["anna", "boris"]
    assert [one["name"] for one in hhrec(*words, "--user", "boris").json()] == ["boris"]
    lost = hhrec(*words, "--user", "nobody")
    assert lost.code == 1
    assert "no event of user 'nobody'" in lost.said()
    own = pl.DataFrame({"user_id": ["anna"], "vacancy_id": ["a"]})
    own.write_parquet(tmp_path / "deny.parquet")
    wrong = hhrec(*words, "--deny", tmp_path / "deny.parquet")
    assert wrong.code == 1
    assert "meant for everyone" in wrong.said()


def test_what_is_similar(world: Served, hhrec: Type, tmp_path: Path) -> None:
    ids = pl.read_ipc(world.path / "vacancies.arrow")["vacancy_id"]
    found = hhrec("similar", world.path, ids[0], "--k", 4, "--json").json()
    assert found["name"] == ids[0]
    near = [place["vacancy_id"] for place in found["vacancies"]]
    (tmp_path / "deny").write_text(near[0], encoding="utf-8")
    less = hhrec("similar", world.path, ids[0], "--k", 3, "--json", "--deny", tmp_path / "deny")
    assert [place["vacancy_id"] for place in less.json()["vacancies"]] == near[1:]
    assert near[0] in hhrec("similar", world.path, ids[0]).out
    missing = hhrec("similar", world.path, "no-such")
    assert missing.code == 1
    assert hhrec("similar", tmp_path / "none", ids[0]).code == 3


@pytest.mark.parametrize("file_format", ["csv", "jsonl", "long"])
def test_predictions_in_other_formats(
    file_format: str, world: Served, hhrec: Type, tmp_path: Path
) -> None:
    out = tmp_path / "p"
    words = ("predict", *options(world), *SET, "--out", out, "--format", file_format, "--scores")
    done = hhrec(*words, "--set", "predict.k=4", "--json")
    assert done.code == 0, done.err
    readers = {"csv": pl.read_csv, "jsonl": pl.read_ndjson, "long": pl.read_parquet}
    table: pl.DataFrame = readers[file_format](out)  # type: ignore[operator]
    rows = done.json()["rows"]
    assert len(table) == (rows if file_format == "jsonl" else 4 * rows)
    again = hhrec(*words, "--set", "predict.k=3", "--json")  # what we wrote, we replace
    assert again.code == 0, again.err
