"""`hhrec` with the loss of every step on the curves; launched by tests as one or several processes."""

from hhrec_cli.main import main
from stages.train.callbacks import metrics

if __name__ == "__main__":
    metrics.LOG_EVERY = 1
    main()
