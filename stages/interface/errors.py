"""Errors that a user can mend, with their exit codes."""

from typing import ClassVar


class HhrecError(Exception):
    """A failure the user can mend.

    Args:
        message: What happened, where (file, column, parameter), what was expected and found.
        hint: The next command to type, or the setting to change.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(HhrecError):
    """The command line itself does not make sense: exit code 2."""

    exit_code = 2


class MissingInputError(HhrecError):
    """A file or directory that a stage reads is not there: exit code 3."""

    exit_code = 3


class Interrupted(BaseException):
    """Ctrl-C or SIGTERM, at a moment when work may be dropped; argument: the signal's name.

    Not a KeyboardInterrupt, which libraries turn into exits of their own, and no Exception, which
    they may swallow.
    """
