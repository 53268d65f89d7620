"""Schema, ids, keys, actions, time units, paths, model files, tables, buckets, outputs, co-occurrence."""
