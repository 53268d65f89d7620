"""Raw input: the synthetic sample, import of other logs, check."""
