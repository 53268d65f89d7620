"""explode, filter, vocab and sequences as they are typed."""

from pathlib import Path

import pytest

from tests.helpers.command import Type

BUILD = (("explode",), ("filter",), ("vocab", "build"), ("sequences", "build"))


@pytest.fixture
def project(tmp_path: Path, raw_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory whose params.yaml names the tiny raw files."""
    monkeypatch.chdir(tmp_path)
    text = f"raw: {raw_dir}\nsplit: {{kind: last_session}}\nvocab: {{min_count: 2}}\n"
    (tmp_path / "params.yaml").write_text(text)
    return tmp_path


@pytest.fixture
def built(project: Path, hhrec: Type) -> Path:
    """The project after the four stages."""
    assert [hhrec(*words, "--quiet") for words in BUILD] == [(0, "", "")] * 4
    return project


@pytest.mark.usefixtures("project")
def test_each_stage_prints_its_figures(hhrec: Type) -> None:
    explode, filtered, vocab, sequences = (hhrec(*words, "--json").json() for words in BUILD)
    assert explode["events"] == {"train": 26, "validation": 10, "test": 8}
    assert filtered["dropped"] == {
        "bots": 0, "unknown_actions": 1, "min_item_events": 0, "min_user_events": 3,
    }  # fmt: skip
    assert (vocab["vacancies"], vocab["events"]) == (28, 22)
    assert sequences["rows"] == {"train": 7, "validation": 6, "test": 6}
    table = hhrec("filter")
    assert (table.code, table.err) == (0, "")
    assert "dropped.min_user_events" in table.out


def test_paths_and_parameters_can_be_named(built: Path, hhrec: Type) -> None:
    typed = hhrec("filter", "--events", "artifacts/events", "--out", "else/where", "--set",
                  "filter.min_user_events=4", "--json")  # fmt: skip
    assert typed.json()["users"] == 3
    assert len(list((built / "else/where").iterdir())) == 1
    again = hhrec("vocab", "build", "--events", "else/where", "--out", "small.parquet",
                  "--extend", "artifacts/vocab.parquet", "--json")  # fmt: skip
    assert again.json()["extended"] == {"kept": 28, "new": 0, "gone": 0}


@pytest.mark.usefixtures("built")
def test_show_measures_what_is_there(hhrec: Type) -> None:
    found = hhrec("vocab", "show", "--json").json()
    assert found["validation_labels"]["rows"] == 6
    assert "validation_labels.trained" in hhrec("vocab", "show").out
    lengths = hhrec("sequences", "show", "--json").json()
    assert lengths["parts"]["test"]["rows"] == 6
    table = hhrec("sequences", "show").out
    assert "upper_quartile" in table
    assert "validation labels" in table


@pytest.mark.usefixtures("built")
def test_lookup_and_the_rows_of_a_user(hhrec: Type) -> None:
    found = hhrec("vocab", "lookup", "cook-1", "4", "0", "--json").json()
    assert [row["vacancy_id"] for row in found] == ["cook-1", "nurse-2", "[PAD] padding"]
    assert "cook-1" in hhrec("vocab", "lookup", "3").out
    lines = hhrec("sequences", "show", "--user", "lev", "--json").json()
    assert lines[-1] == {
        "part": "test", "row": "lev-3", "session": 0, "time": "2023-11-02 08:00:00",
        "action": "view", "item": 21, "vacancy_id": "driver-3",
    }  # fmt: skip
    assert "driver-2" in hhrec("sequences", "show", "--user", "lev").out


WRONG: dict[str, tuple[tuple[str, ...], int, str, str]] = {
    "id": (("vocab", "lookup", "cok-1"), 1, "near matches: cook-1", "hhrec vocab show"),
    "user": (("sequences", "show", "--user", "x"), 1, "no row of user 'x'", "raw files"),
    "vocab": (("vocab", "show", "--vocab", "no"), 3, "no: not found", "hhrec vocab build"),
    "show events": (("vocab", "show", "--events", "no"), 3, "no: not found", "hhrec filter"),
    "raw": (("explode", "--train", "no"), 3, "no: not found", "hhrec data sample"),
    "events": (("filter", "--events", "no"), 3, "no: not found", "hhrec explode"),
    "filtered": (("vocab", "build", "--events", "no"), 3, "no: not found", "hhrec filter"),
    "old": (("vocab", "build", "--extend", "no"), 3, "no: not found", "hhrec vocab build"),
    "items": (("sequences", "build", "--vocab", "no"), 3, "no: not found", "hhrec vocab build"),
    "rows": (("sequences", "show", "--sequences", "no"), 3, "not found", "hhrec sequences build"),
    "cut": (("explode", "--set", "split.kind='after: 2030-01-01'"), 1, "split.kind", "auto"),
    "parameter": (("filter", "--set", "filter.rounds=-1"), 1, "filter.rounds", "hhrec params"),
    "limits": (("filter", "--set", "filter.min_item_events=99"), 1, "leaves none", "filter.min"),
    "not a table": (("filter", "--events", "params.yaml"), 1, "not a readable", "hhrec explode"),
}  # fmt: skip


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(("words", "code", "said", "hint"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_is_named_with_the_next_command(
    hhrec: Type, words: tuple[str, ...], code: int, said: str, hint: str
) -> None:
    typed = hhrec(*words)
    assert typed.code == code
    assert typed.out == ""
    assert said in typed.said()
    assert hint in typed.said()
