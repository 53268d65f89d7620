"""What the best baseline recommends first in the sessions shown, beside the model's lists."""

from stages.core import tables
from stages.core.artifact_paths import BEST_BASELINE, METRICS_DIR
from stages.core.schema import PREDICTIONS
from stages.report.metrics_reader import Scores
from stages.report.optional_parts import Paths
from stages.report.session_sample import SHOWN, SessionSample


def attached(choice: SessionSample, found: Scores | None, paths: Paths) -> SessionSample:
    """Add to each session shown the first vacancies of the best baseline, as they were scored.

    Args:
        choice: Sessions.
        found: The metrics of their part, which name the best baseline.
        paths: Of the artifacts; `metrics` has the lists.
    """
    name = (found or {}).get("best_baseline")
    file = paths / METRICS_DIR / BEST_BASELINE.format(part=choice.part)
    if not name or not choice.rows or not file.is_file():
        return choice
    listed = tables.scan(file, PREDICTIONS, made_by="hhrec evaluate").collect()
    lists = {(user, session): ids for user, session, ids in listed.iter_rows()}
    rows = [
        {**row, "heuristic": list(lists.get((row["user_id"], row["session_id"]), []))[:SHOWN]}
        for row in choice.rows
    ]
    return choice._replace(rows=rows, heuristic=str(name))
