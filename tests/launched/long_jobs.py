"""Jobs that take very long in two workers; for who kills this process. Argument: a folder."""

import sys
from functools import partial
from pathlib import Path

from hhrec_cli._interrupts import ending
from stages.core.engines.pool import Pool
from stages.interface.errors import Interrupted
from tests.helpers.jobs import sleeping


def main() -> None:
    """Work until a signal comes."""
    pool = Pool(2)
    try:
        with ending():
            list(pool.each(partial(sleeping, Path(sys.argv[1])), [0, 1], 2))
    except Interrupted as error:
        sys.stdout.write(f"interrupted by {error}\n")
    finally:
        pool.close()


main()
