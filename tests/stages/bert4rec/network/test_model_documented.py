"""A reader with transformers and our package: what docs/model.md shows works in a fresh process."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from stages.interface.errors import HhrecError
from tests.worlds.small_training import fit, params

ROOT = Path(__file__).parents[4]
SNIPPETS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "model.md").read_text(), re.DOTALL)


def test_the_documented_lines_load_and_rank(small_artifacts: Path, tmp_path: Path) -> None:
    artifacts = tmp_path / "artifacts"
    artifacts.mkdir()
    for name in ("features", "sequences"):
        (artifacts / name).symlink_to(small_artifacts / name)
    fit(small_artifacts, artifacts, params(epochs=1))
    code = "\n".join(
        [
            *SNIPPETS,
            "print(type(model).__name__, len(rows), part.items.shape[1], bool((part.items > 2).all()))",
        ]
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1:] == ["HhrecModel 3 10 True"], done.stderr


def test_modernbert_says_which_objectives_it_serves() -> None:
    with pytest.raises(HhrecError, match=r"mlm and causal only.*sliding windows"):
        params(backbone="modernbert", objective="prefix")
