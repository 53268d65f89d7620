"""What makes a vacancy appeal: its salary, its attractiveness, its hidden character."""

import numpy as np
from numpy.typing import NDArray

from stages.data.sample import dials
from stages.data.sample.draw import Floats, Ints
from stages.data.sample.employers import Employers
from stages.data.sample.trades import Trades


def draw_pay(
    rng: np.random.Generator,
    *,
    trades: Trades,
    employers: Employers,
    company: Ints,
    profession: Ints,
    region: Ints,
    experience: Ints,
    schedule: Ints,
) -> Floats:
    """Draw the log of monthly roubles from what makes a salary, and noise."""
    total: Floats = (
        trades.pay[profession]
        + dials.region_pay()[region]
        + np.array(dials.EXPERIENCE_PAY)[experience]
        + np.array(dials.SCHEDULE_PAY)[schedule]
        + employers.pay[company]
        + rng.normal(0.0, dials.PAY_SPREAD, len(company))
    )
    return total


def draw_pull(rng: np.random.Generator, employers: Employers, company: Ints) -> Floats:
    """Draw log attractiveness: lognormal with a long tail of vacancies nobody opens."""
    own = rng.normal(0.0, dials.PULL_SPREAD, len(company))
    return employers.pull[company] + own - rng.exponential(dials.DULL, len(company))


def draw_taste(
    rng: np.random.Generator, employers: Employers, company: Ints
) -> NDArray[np.float32]:
    """Draw latent vectors that lean on the employer's: (M, TASTES), unit variance."""
    own = rng.standard_normal((len(company), dials.TASTES), dtype=np.float32)
    lean = dials.EMPLOYER_TASTE
    mixed: NDArray[np.float32] = lean * employers.taste[company] + np.sqrt(1 - lean**2) * own
    return mixed.astype(np.float32)
