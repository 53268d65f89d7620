"""Schema, ids, keys, actions, time units, artifact paths, model files, tables, buckets, co-occurrence."""
