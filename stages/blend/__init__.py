"""Several recommenders' predictions made one by reciprocal rank fusion."""

from stages.blend.stage import run

__all__ = ["run"]
