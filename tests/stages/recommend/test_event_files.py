"""Events from JSON lines, CSV and Parquet, flat or a row a session."""

import io
import json
import sys
from pathlib import Path

import polars as pl
import pytest

from stages.interface.errors import HhrecError, MissingInputError
from stages.recommend import event_files
from stages.recommend.event_frames import frame
from tests.worlds.served import NOON

FLAT = pl.DataFrame(
    {
        "user_id": ["u", "u", "w"],
        "vacancy_id": ["a", "b", "c"],
        "action_type": [1, 2, 2],
        "action_dt": [NOON] * 3,
        "other": ["x"] * 3,
    }
)
NESTED = FLAT.group_by("user_id", maintain_order=True).all().with_columns(session_id=pl.lit("s"))


def written(kind: str, path: Path) -> Path:
    file = path / {"jsonl": "e.jsonl", "csv": "e.csv"}.get(kind, "e.parquet")
    if kind == "jsonl":
        FLAT.with_columns(pl.col("action_dt").dt.to_string("iso:strict")).write_ndjson(file)
    elif kind == "csv":
        FLAT.write_csv(file, datetime_format="%Y-%m-%dT%H:%M:%S")
    else:
        (NESTED if kind == "sessions" else FLAT).write_parquet(file)
    return file


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet", "sessions"])
def test_the_same_events_from_each(kind: str, tmp_path: Path) -> None:
    file = written(kind, tmp_path)
    found = frame(event_files.read(file))
    expected = frame(FLAT.drop("other"))
    assert found.drop("session_id").equals(expected.drop("session_id"))
    own = frame(event_files.read(file, ["u"]))
    assert own["vacancy_id"].to_list() == ["a", "b"]
    with pytest.raises(HhrecError, match="no event of user 'nobody'"):
        event_files.read(file, ["w", "nobody"])


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_a_person_whose_id_is_a_number_is_found(kind: str, tmp_path: Path) -> None:
    numbered = FLAT.with_columns(user_id=pl.Series([5, 5, 7]))
    file = tmp_path / f"e.{kind}"
    if kind == "jsonl":
        numbered.with_columns(pl.col("action_dt").dt.to_string("iso:strict")).write_ndjson(file)
    else:
        numbered.write_parquet(file)
    assert frame(event_files.read(file, ["5"]))["user_id"].to_list() == ["5", "5"]
    with pytest.raises(HhrecError, match="no event of user '6'"):
        event_files.read(file, ["6"])


def test_stdin_is_json_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    line = json.dumps(
        {"vacancy_id": "a", "action_type": "view", "action_dt": "2024-05-01T12:00:00"}
    )

    class Stdin:
        buffer = io.BytesIO(f"{line}\n{line}\n".encode())

    monkeypatch.setattr(sys, "stdin", Stdin)
    assert frame(event_files.read(None))["vacancy_id"].to_list() == ["a", "a"]
    assert frame(event_files.read(None))["vacancy_id"].to_list() == [None]  # nothing more: nobody
    with pytest.raises(HhrecError, match="no user_id"):
        event_files.read(None, ["u"])


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="not found"):
        event_files.read(tmp_path / "none.jsonl")
    for name, text in (("e.jsonl", "{"), ("e.parquet", "no"), ("e.jsonl", '{"a": 1}')):
        (tmp_path / name).write_text(text, encoding="utf-8")
        with pytest.raises(HhrecError, match=r"not readable events|no vacancy_id"):
            event_files.read(tmp_path / name)
