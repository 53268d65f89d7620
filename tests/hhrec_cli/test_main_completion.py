"""Completion in a shell, as docs/own-data.md sets it up."""

import os
import subprocess
import sys

import pytest

from tests.helpers.source import ROOT

CODE = "import sys; sys.argv[0] = 'hhrec'; from hhrec_cli.main import main; main()"


def answered(**asked: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", CODE], env=os.environ | asked, cwd=ROOT, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_the_shell(shell: str) -> None:
    script = answered(_HHREC_COMPLETE=f"source_{shell}")
    assert "_HHREC_COMPLETE=complete_" + shell in script


def test_a_half_typed_word_is_completed() -> None:
    words = answered(_HHREC_COMPLETE="complete_bash", COMP_WORDS="hhrec se", COMP_CWORD="1")
    assert words.split() == ["sequences", "serve"]
    options = answered(
        _HHREC_COMPLETE="complete_bash", COMP_WORDS="hhrec filter --art", COMP_CWORD="2"
    )
    assert options.split() == ["--artifacts"]
