"""Peak memory of the stages: constants measured as docs/plan.md says, one formula a stage."""

MB = 2**20
PROCESS = 130 * MB  # Python with Polars, before any work
TORCH = 420 * MB  # the same with torch and transformers
EXPLODED = 300  # bytes of an event of a bucket while it is ordered
FILTERED = 200  # while it is filtered
SEQUENCED = 250  # while histories are made of it
NAMED = 120  # of a vacancy of the vocabulary
DESCRIBED = 4_200  # of a vacancy of a slice while features are made
LOOKED_UP = 600  # of a vacancy of the catalogue meanwhile
LISTED = 12  # bytes of a place of a list: item and score
RANKED = 800  # of a row that is ranked: context, keys, lists' offsets
SCORED = 900  # of a row that is evaluated: context, keys, draws of 200 resamples
TOUCHED = 250  # of a filtered event while item-kNN and ALS are learnt
DRAWN = 500  # of a vacancy that is evaluated: counts of the resamples


def data(
    events: float, buckets: int, at_once: int, vacancies: int, features: int
) -> dict[str, float]:
    """Peak bytes of each data stage.

    Args:
        events: Of both raw files.
        buckets: Into which they are cut.
        at_once: Buckets that are worked on at once in one process.
        vacancies: Of the catalogue.
        features: Vacancies of which features are made at once.
    """
    part = events / buckets * min(at_once, buckets)
    return {
        "explode": PROCESS + part * EXPLODED,
        "filter": PROCESS + part * FILTERED,
        "vocab": PROCESS + vacancies * NAMED,
        "features": PROCESS + min(vacancies, features) * DESCRIBED + vacancies * LOOKED_UP,
        "sequences": PROCESS + part * SEQUENCED + vacancies * NAMED,
    }


def predicting(rows: float, k: int, ranking: int, catalogue: int) -> float:
    """Peak bytes of a prediction: what ranking holds, and the lists of all rows."""
    return TORCH + ranking + catalogue + rows * (k * LISTED + RANKED)


def evaluating(rows: float, vacancies: int, events: float) -> float:
    """Peak bytes of an evaluation beside baselines, which learn from so many events."""
    return TORCH + rows * SCORED + vacancies * DRAWN + events * TOUCHED
