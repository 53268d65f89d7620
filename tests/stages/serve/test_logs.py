"""One JSON object a line."""

import io
import json
import logging

from stages.serve.logs import JsonLines, start, tell


def test_a_line_holds_the_event_and_its_fields() -> None:
    out = io.StringIO()
    start(out)
    tell("request", status=200, path='/a "b"\n')
    try:
        {}["a secret"]
    except KeyError:
        tell("fault", logging.ERROR, failed=True)
    logging.getLogger("uvicorn.error").warning("from below")
    first, second, third = map(json.loads, out.getvalue().splitlines())
    assert (first["event"], first["status"], first["level"]) == ("request", 200, "info")
    assert first["path"] == '/a "b"\n'
    assert second["error"] == "KeyError"
    assert "test_logs.py" in second["at"][-1]
    assert "secret" not in out.getvalue()
    assert third["event"] == "from below"
    assert isinstance(logging.getLogger("hhrec.serve").handlers[0].formatter, JsonLines)
