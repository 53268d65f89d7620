"""Python without sockets: whoever opens one, or looks up a name, ends at once with code 97.

Found by every Python whose PYTHONPATH begins with this folder, before anything else is imported.
"""

import os
import sys
import traceback
from typing import Any

FORBIDDEN = ("socket.__new__", "socket.connect", "socket.bind", "socket.getaddrinfo")
CODE = 97


def refuse(event: str, given: tuple[Any, ...]) -> None:
    del given
    if event in FORBIDDEN:
        traceback.print_stack(file=sys.stderr)
        os._exit(CODE)


if __name__ == "sitecustomize":  # a test that reads CODE imports it by another name
    sys.addaudithook(refuse)
