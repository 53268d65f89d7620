"""Getting raw input: a synthetic log, imported logs, and a check of either."""
