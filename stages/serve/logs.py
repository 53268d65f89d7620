"""Structured logs: one JSON object a line on stderr, without contents of requests."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

NAME = "hhrec.serve"
log = logging.getLogger(NAME)


class JsonLines(logging.Formatter):
    """Write a record as one JSON object: time, level, event, and the fields given with it."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": moment, "level": record.levelname.lower()}
        line["event"] = record.getMessage()
        line |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["at"] = _frames(record)
        return json.dumps(line, ensure_ascii=True, default=str)


def _frames(record: logging.LogRecord) -> list[str]:
    """Places in the code, the innermost last; no values, which may be somebody's history."""
    found, trace = [], record.exc_info[2] if record.exc_info else None
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return found


def tell(event: str, level: int = logging.INFO, *, failed: bool = False, **fields: Any) -> None:
    """Log an event; `failed` adds the type and the place of the exception being handled."""
    log.log(level, event, extra={"fields": fields}, exc_info=failed)


def start(stream: TextIO | None = None) -> None:
    """Send the server's logs, and the warnings of uvicorn, to a stream: by default stderr."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    log.handlers, log.propagate = [handler], False
    log.setLevel(logging.INFO)
    other = logging.getLogger("uvicorn")
    other.handlers, other.propagate = [handler], False
    other.setLevel(logging.WARNING)
