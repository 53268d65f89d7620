"""Format figures, names, salaries and times for people."""

from datetime import datetime, timedelta

SIGNS = {"RUR": "₽", "RUB": "₽", "USD": "$", "EUR": "€", "KZT": "₸"}


def words(name: str) -> str:
    """`last_viewed` is `last viewed`."""
    return name.replace("_", " ")


def number(value: float | None, digits: int = 4) -> str:
    """A figure as people read it: thousands apart, `digits` decimals, a dash for nothing."""
    if value is None:
        return "–"
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.{digits}f}"
    return text.replace("-", "−")


def percent(share: float, digits: int = 1) -> str:
    """`17.2 %`, which no line break parts."""
    return f"{share * 100:.{digits}f}\u00a0%"


def salary(low: int | None, high: int | None, currency: str | None) -> str:
    """`40,000 to 60,000 ₽`, as the employer wrote it; `no salary given` for nothing."""
    ends = [f"{end:,}".replace(",", "\u202f") for end in (low, high) if end is not None]
    if not ends:
        return "no salary given"
    words = {(True, False): "from ", (False, True): "up to "}
    sign = SIGNS.get(currency or "RUR", currency or "")
    return f"{words.get((low is not None, high is not None), '')}{' to '.join(ends)} {sign}"


def when(moment: datetime | None) -> str:
    """`7 Nov 09:30`."""
    return "at no known time" if moment is None else f"{moment.day} {moment:%b %H:%M}"


def ago(gap: timedelta) -> str:
    """`2 h before` the question."""
    minutes = int(gap.total_seconds() // 60)
    for size, unit in ((1_440, "d"), (60, "h")):
        if minutes >= size:
            return f"{minutes // size} {unit} before"
    return f"{max(0, minutes)} min before"
