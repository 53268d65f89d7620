"""The container files fit the project, and the nightly script moves the link only when a day is done."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "docker" / "nightly.sh"


def test_the_image_has_what_was_tested_and_the_files_that_are_there() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "--constraint constraints.txt" in text
    assert "https://" not in text  # an index is whoever builds it to name
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [
        word for line in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE) for word in line.split()
    ]
    assert all((ROOT / name).exists() and f"!{name}" in ignored for name in copied)


def test_the_server_is_read_only_local_and_wants_a_token() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    server = services["server"]
    assert server["read_only"]
    assert server["ports"] == ["127.0.0.1:8000:8000"]
    assert server["volumes"][0].endswith(":ro")
    assert ":?" in server["environment"]["HHREC_TOKEN"]
    assert services["nightly"]["profiles"] == ["nightly"]


def nightly(data: Path, day: str, code: int) -> int:
    """Run the script with an hhrec that only says what it was asked, and ends so."""
    fake = data / "bin" / "hhrec"
    fake.parent.mkdir(exist_ok=True)
    fake.write_text(f'#!/bin/sh\necho "$@" >> {data}/asked\nexit {code}\n', encoding="utf-8")
    fake.chmod(0o755)
    environment = {"PATH": f"{fake.parent}:{os.environ['PATH']}", "DATA": str(data)}
    return subprocess.run(["sh", SCRIPT, day], env=environment, check=False).returncode


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "days" / "2024-05-01").mkdir(parents=True)
    (tmp_path / "days" / "current").symlink_to("2024-05-01")
    return tmp_path


def test_a_day_that_fails_leaves_yesterday(data: Path) -> None:
    assert nightly(data, "2024-05-02", 1) == 1
    assert (data / "days" / "current").readlink() == Path("2024-05-01")


def test_a_day_that_is_done_is_current_and_not_made_again(data: Path) -> None:
    assert nightly(data, "2024-05-02", 0) == 0
    assert (data / "days" / "current").readlink() == Path("2024-05-02")
    asked = (data / "asked").read_text(encoding="utf-8").splitlines()
    assert asked[1] == (
        f"daily --raw {data}/raw/2024-05-02 --from 2024-05-01 --artifacts 2024-05-02 "
        "--log-format json"
    )
    assert nightly(data, "2024-05-02", 1) == 0
    assert len((data / "asked").read_text(encoding="utf-8").splitlines()) == 2
