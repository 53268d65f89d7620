"""A model held in memory that recommends for histories that need not be in the log."""
