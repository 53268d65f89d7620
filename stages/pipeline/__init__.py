"""`hhrec run` and `hhrec daily`: the stages without DVC; provenance of inputs; the final fit."""
