"""The table of a search on the page."""

import re
from pathlib import Path

from stages.core import trials_file
from stages.core.trials_file import Trial, Trials
from stages.report import trials


def test_trials_stand_in_a_table_the_best_first(tmp_path: Path) -> None:
    file = tmp_path / "trials.json"
    assert trials.found(file) is None
    tried = (
        Trial(0, "pruned", {"train.lr": 0.01}, ((1, 0.05),)),
        Trial(1, "complete", {"train.lr": 0.0012345, "train.loss": "<full>"}, ((1, 0.1), (2, 0.2))),
        Trial(2, "failed", {"train.lr": 0.5}, why="no number"),
    )
    trials_file.write(Trials("hash", ("train.lr=0..1",), tried), file)
    page = str(trials.found(file))
    assert "3 trials" in page
    rows = page.split("<tr>")[2:]
    assert [re.findall(r"<t[dh][^>]*>([^<]*)", row)[0] for row in rows] == ["1", "0", "2"]
    assert "0.2000" in rows[0]
    assert "0.001234" in rows[0]
    assert "&lt;full&gt;" in rows[0]
    assert "ended early" in rows[1]
