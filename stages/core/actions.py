"""Action codes of events, and their names."""

from collections.abc import Mapping

OTHER, RESPONSE, VIEW, FAVOURITE = range(4)
ACTION_NAMES: Mapping[int, str] = {
    OTHER: "other",  # any code that raw files hold and hhrec does not know
    RESPONSE: "response",
    VIEW: "view",
    FAVOURITE: "favourite",
}
KNOWN_ACTIONS = (RESPONSE, VIEW, FAVOURITE)
