"""Reports that `show` and `lookup` print."""
