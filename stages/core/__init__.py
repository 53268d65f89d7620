"""Schema, ids, keys, actions, time units, artifact paths, model files, tables, buckets,
co-occurrence; outputs: ownership, manifests, exchange, locks, lineage."""
