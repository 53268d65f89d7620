"""`hhrec` that stays in one place for minutes, so that a test can interrupt it there.

HHREC_TEST_STAYS names a file that is written when it gets there. HHREC_TEST_PLACE is `python`, a
validation that lasts, or `native`, one call of a library that does not come back.
"""

import hashlib
import os
import time
from pathlib import Path
from typing import Any

from hhrec_cli.main import main


def stay(*given: Any, **named: Any) -> None:
    del given, named
    Path(os.environ["HHREC_TEST_STAYS"]).touch()
    if os.environ["HHREC_TEST_PLACE"] == "native":
        hashlib.pbkdf2_hmac("sha512", b"", b"", 1 << 30)  # no handler of Python runs meanwhile
    for _ in range(3_000):
        time.sleep(0.1)


if __name__ == "__main__":
    if os.environ["HHREC_TEST_PLACE"] == "python":
        from stages.bert4rec.ranking import ranker

        ranker.item_matrix = stay  # type: ignore[assignment]
    else:
        from stages.filter import passes

        passes.people = stay  # type: ignore[assignment]
    main()
