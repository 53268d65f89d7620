"""Typing a command: the real `main`, in this process, with what a shell would see."""

import json
import sys
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import pytest

from hhrec_cli.main import main


class Typed(NamedTuple):
    """What a shell sees of one command."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one object on stdout."""
        return json.loads(self.out)

    def said(self) -> str:
        """Stderr without the line breaks of a narrow terminal."""
        return " ".join(self.err.split())


Type: TypeAlias = Callable[..., Typed]


def typist(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    """Give a function that types `hhrec WORDS...`."""

    def hhrec(*words: object) -> Typed:
        monkeypatch.setattr(sys, "argv", ["hhrec", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        return Typed(int(stop.value.code or 0), *capsys.readouterr())

    return hhrec
