"""`hhrec serve` in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers.launching import environment


@contextmanager
def serving(artifacts: Path, log: Path, **changes: str) -> Iterator[tuple[subprocess.Popen, str]]:
    """Serve a directory that `tests.worlds.little_model.served` made; the process and the URL."""
    catalogue = artifacts / "raw" / "vacancies.parquet"
    words = ["--port", "0", "--json", "--watch", "0", "--vacancies", str(catalogue)]
    words += ["--seconds", "60"]  # a machine may have other work than the tests
    words += ["--events", str(artifacts / "events")]
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "hhrec_cli", "serve", str(artifacts), *words],
            cwd=log.parent,
            env=environment(**changes),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said, log.read_text()
            yield process, json.loads(said)["url"]
        finally:
            process.kill()
            process.communicate()
