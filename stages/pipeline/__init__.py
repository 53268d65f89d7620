"""`hhrec run`: the stages without DVC; provenance of inputs; the final fit."""
