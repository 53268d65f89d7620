"""Schema, item ids, raw sessions, tables, buckets, seeds, calibration file."""
