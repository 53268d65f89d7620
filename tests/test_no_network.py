"""hhrec talks to nobody: a whole small run and every command, in Pythons without sockets."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from tests.helpers.launching import environment
from tests.helpers.source import ROOT
from tests.launched.no_sockets.sitecustomize import CODE
from tests.worlds.project import project_of

SECRETS = {
    "HF_TOKEN": "hf_SECRET1",
    "WANDB_API_KEY": "SECRET2",
    "AWS_SECRET_ACCESS_KEY": "SECRET3",
    "DVC_STUDIO_TOKEN": "SECRET4",
}


def without_sockets(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with `command` where no socket can be opened, and with credentials about."""
    surroundings = environment(TMPDIR=str(cwd), **SECRETS)
    surroundings.pop("HF_HUB_OFFLINE")
    folders = [str(ROOT / "tests/launched/no_sockets"), surroundings["PYTHONPATH"]]
    surroundings["PYTHONPATH"] = os.pathsep.join(folders)
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )


def test_sockets_are_indeed_forbidden(tmp_path: Path) -> None:
    done = without_sockets("-c", "import socket; socket.socket()", cwd=tmp_path)
    assert done.returncode == CODE


def test_a_whole_run_in_this_process_opens_no_socket(
    raw_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: object, **named: object) -> NoReturn:
        raise AssertionError(f"a socket: {given} {named}")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    assert (project_of(raw_dir, tmp_path) / "artifacts" / "report.html").is_file()


def test_a_whole_run_on_the_command_line_opens_no_socket_and_tells_no_secret(
    raw_dir: Path, tmp_path: Path
) -> None:
    small = ["hidden_size=8", "heads=1", "layers=1", "epochs=1", "tracker=none"]
    sets = [word for one in small for word in ("--set", f"train.{one}")]
    typed = ["run", "--raw", str(raw_dir), "--params", str(ROOT / "params.yaml"), *sets]
    more = ("--set", "split.kind=last_session", "--set", "evaluate.bootstrap=100")
    done = without_sockets("-m", "hhrec_cli", *typed, *more, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    shown = done.stdout + done.stderr
    doctor = without_sockets("-m", "hhrec_cli", "doctor", cwd=tmp_path)
    assert doctor.returncode != CODE, doctor.stderr
    shown += doctor.stdout + doctor.stderr
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in SECRETS.values():
        assert secret not in shown
        assert secret.encode() not in written


def test_a_fault_tells_no_secret(raw_dir: Path, tmp_path: Path) -> None:
    """Its traceback, in a private file, holds lines of code and no values."""
    del raw_dir
    code = (
        "import sys\nfrom hhrec_cli import explode, main\nfrom stages.params import Params\n"
        "def fail(*given, **named): import os; known = dict(os.environ); raise LookupError('x')\n"
        "import stages.params; stages.params.load = fail\n"
        "sys.argv = ['hhrec', 'explode']; main.main()"
    )
    done = without_sockets("-c", code, cwd=tmp_path)
    assert done.returncode == 1
    assert "a fault of hhrec itself" in done.stderr
    (file,) = tmp_path.glob("hhrec-traceback-*")
    for secret in SECRETS.values():
        assert secret not in done.stdout + done.stderr + file.read_text()
