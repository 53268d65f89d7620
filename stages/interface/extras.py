"""Packages that only an extra of hhrec installs."""

from collections.abc import Sequence
from importlib.util import find_spec

from stages.interface.errors import HhrecError


def require(command: str, extra: str, packages: Sequence[str]) -> None:
    """Refuse a command without the packages of its extra, before anything else is loaded.

    Args:
        command: As it is typed, such as `hhrec serve`.
        extra: What installs them.
        packages: As they are imported.

    Raises:
        HhrecError: One is not installed.
    """
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise HhrecError(
            f"{command} needs {', '.join(missing)}, which the extra `{extra}` installs",
            f"pip install 'hhrec[{extra}]'",
        )
