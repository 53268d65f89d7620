"""Requests that schemathesis makes up from the server's OpenAPI: none ends in a 500.

`make fuzz-serve` installs schemathesis into an environment of its own, and names it by FUZZER.
"""

import os
import re
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.helpers.serving import serving
from tests.worlds.little_model import served

FUZZER = os.environ.get("FUZZER", "")
REQUESTS = 2_000
EXAMPLES = 150  # of each operation and phase; more are drawn until there are enough requests


@pytest.mark.slow
@pytest.mark.skipif(not FUZZER, reason="no schemathesis: run `make fuzz-serve`")
def test_two_thousand_requests_at_random_and_no_fault(
    small_artifacts: Path, tmp_path: Path
) -> None:
    artifacts = served(small_artifacts, tmp_path / "artifacts")
    with serving(artifacts, tmp_path / "log") as (process, url):
        seed = 1
        while asked(url)[0] < REQUESTS:
            done = fuzz(url, tmp_path, seed)
            assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-1_000:]
            seed += 1
        count, statuses = asked(url)
        assert process.poll() is None
    assert count >= REQUESTS
    assert "500" not in statuses
    assert {"200", "422"} <= statuses


def fuzz(url: str, directory: Path, seed: int) -> subprocess.CompletedProcess[str]:
    """Ask what the description allows, and what it does not."""
    words = [FUZZER, "run", f"{url}/openapi.json", "--checks", "not_a_server_error"]
    words += ["--max-examples", str(EXAMPLES), "--seed", str(seed), "--phases", "coverage,fuzzing"]
    words += ["--no-color", "--no-shrink", "--request-timeout", "60"]
    return subprocess.run(words, cwd=directory, capture_output=True, text=True, check=False)


def asked(url: str) -> tuple[int, set[str]]:
    """How many requests there were, by the server's own count, and with which statuses."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=60) as answer:  # noqa: S310
        text = answer.read().decode()
    found = re.findall(r'^hhrec_requests_total\{.*status="(\d+)"\} (\S+)', text, re.MULTILINE)
    return int(sum(float(count) for _, count in found)), {status for status, _ in found}
