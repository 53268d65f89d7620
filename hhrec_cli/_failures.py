"""The last resort: whatever goes wrong in a command becomes one clear message and an exit code."""

import contextlib
import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from hhrec_cli import _interrupts
from hhrec_cli._console import complain
from stages.interface import failures
from stages.interface.errors import HhrecError, Interrupted, UsageError

FAILED = 1
INTERRUPTS = (Interrupted, KeyboardInterrupt)
STREAM = {errno.EPIPE, errno.ENOSPC, errno.EBADF, errno.EIO, errno.EFBIG}
LIBRARIES = ("polars.", "pyo3_runtime", "safetensors", "pyarrow.")


def exit_with(command: Callable[[], object]) -> NoReturn:
    """Run a command line and leave with its exit code, never with a traceback."""
    code: int | str | None = FAILED
    try:
        _require_streams()
        _require_text(sys.argv[1:])
        with _interrupts.ending():
            command()
    except SystemExit as stop:
        code = stop.code
        origin = _origin(stop)
        if isinstance(origin, INTERRUPTS):
            code = _told(origin)
        elif code not in {0, None, _interrupts.CODE} and (interruption := _interrupts.cause()):
            code = _told(interruption)
    except BaseException as error:  # noqa: BLE001  nothing may pass
        code = _told(_interrupts.cause() or error)
    sys.exit(_flushed(code))


def _origin(error: BaseException) -> BaseException:
    """What an error was raised for in the first place."""
    while (earlier := error.__cause__ or error.__context__) is not None:
        error = earlier
    return error


def _told(error: BaseException) -> int:
    """Say what went wrong; give the exit code."""
    interrupted = isinstance(error, INTERRUPTS)
    said = error if isinstance(error, HhrecError) else _as_ours(error)
    with contextlib.suppress(OSError):
        complain(said)
    return _interrupts.CODE if interrupted else said.exit_code


def _as_ours(error: BaseException) -> HhrecError:
    """Turn a failure that nobody expected into one with advice."""
    if isinstance(error, OSError) and not error.filename and error.errno in STREAM:
        return HhrecError(
            f"stdout: {error.strerror}: the result could not be shown whole",
            "send stdout to a place that takes it",
        )
    if isinstance(error, INTERRUPTS):
        return HhrecError("interrupted: nothing half done is left", _interrupts.again())
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return HhrecError(
            f"not enough memory ({failures.short(error)})",
            "close other programs, or lower explode.memory_gb, train.batch_tokens or "
            "predict.batch_rows in params.yaml",
        )
    module = type(error).__module__ + "."
    if isinstance(error, OSError) or failures.number_of(error):
        return failures.described(error)
    if module.startswith(LIBRARIES):
        return HhrecError(
            f"a file cannot be read, or holds what it should not: {failures.short(error)}",
            "check raw files with `hhrec data check DIR`; make artifacts anew from the first stage on",
        )
    return HhrecError(
        f"a fault of hhrec itself: {type(error).__name__}: {failures.short(error)}",
        f"report it with the traceback in {_traceback_file(error)}",
    )


def _traceback_file(error: BaseException) -> str:
    """Write a traceback where only this user can read it; give the file's name."""
    text = "".join(traceback.format_exception(error))
    try:
        handle, name = tempfile.mkstemp(prefix="hhrec-traceback-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as stream:
            stream.write(text)
    except OSError:
        return "(no file could be written)"
    return str(Path(name))


def _require_streams() -> None:
    """Refuse a closed stdout before a file of ours gets its number."""
    if sys.stderr is None:
        _open_nothing(2)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8")
    if sys.stdout is None:
        _open_nothing(1)
        raise HhrecError("stdout: closed", "send it to a file, or to /dev/null")


def _require_text(typed: Sequence[str]) -> None:
    """Refuse names in another encoding before any work: polars opens files of UTF-8 names alone."""
    for word in typed:
        if (said := failures.escaped(word)) != word:
            raise UsageError(
                f"{said}: expected UTF-8, found bytes that are none: such a name cannot be opened",
                "rename the file or directory, for example with convmv, and type the new name",
            )


def _open_nothing(number: int) -> None:
    handle = os.open(os.devnull, os.O_RDWR)
    if handle != number:
        os.dup2(handle, number)
        os.close(handle)


def _flushed(code: int | str | None) -> int | str | None:
    """Bring results out; an error at that is told, and the exit code says so."""
    if sys.stdout is None:
        return code
    try:
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        _told(error if isinstance(error, OSError) else OSError(errno.EBADF, str(error)))
        with contextlib.suppress(OSError):
            _open_nothing(1)  # so that Python does not try again at its end
        return code or FAILED
    return code
