"""Units of time in microseconds, the unit of every time inside hhrec."""

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
