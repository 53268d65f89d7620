"""`hhrec` with the loss of every step on the curves; launched by tests as one or several processes."""

from hhrec_cli.main import main
from stages.training import watch

if __name__ == "__main__":
    watch.LOG_EVERY = 1
    main()
