"""What is printed is what was meant: texts of others are neither markup nor names of emoji."""

import json

import pytest

from hhrec_cli import _console
from stages.interface.errors import HhrecError
from tests.helpers.command import Type

ODD = [
    "hh:id:7",
    "[bold]cook[/]",
    r"x\[/y]",
    r"a\[/x",
    "[/]",
    r"C:\[1]\\[b]",
    "[@click=1]x",
]  # each read as markup or as an emoji somewhere


@pytest.fixture(autouse=True)
def as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_console.log, "as_json", False)


@pytest.mark.parametrize("text", ODD)
def test_cells_and_headers_are_printed_letter_by_letter(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _console.show_rows([text, "n"], [(text, 1), ("plain", 2)], texts=["n"])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [[text, "n"], [text, "1"], ["plain", "2"]]


@pytest.mark.parametrize("text", ODD)
def test_notes_and_errors_are_printed_letter_by_letter(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _console.note(text)
    _console.complain(HhrecError(text, text))
    assert capsys.readouterr().err.splitlines() == [text, f"error {text}", f"next  {text}"]


def test_lines_of_json_hold_what_was_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_console.log, "as_json", True)
    for text in ODD:
        _console.note(text)
    assert [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()] == ODD


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("text", ODD)
def test_an_id_with_odd_letters_is_told_by_one_message(hhrec: Type, text: str) -> None:
    found = hhrec("vocab", "lookup", text)
    assert (found.code, found.out) == (1, "")
    assert f"{text!r} is neither a vacancy id nor an item number" in found.err
