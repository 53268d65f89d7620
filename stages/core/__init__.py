"""Schema, item ids, keys, actions, time units, artifact paths, tables, buckets, seeds, co-occurrence."""
