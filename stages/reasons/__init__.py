"""Why a vacancy is recommended: the parts of its score, the events that speak for it, in words."""
