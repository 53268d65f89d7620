"""`hhrec` whose predictions are cut into small shards; launched by tests as several processes."""

from hhrec_cli.main import main
from stages.predict import shards
from tests.launched.sharing import ROWS

if __name__ == "__main__":
    shards.ROWS = ROWS
    main()
