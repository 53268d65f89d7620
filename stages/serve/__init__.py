"""The HTTP server: micro-batches, limits, reload of bundles, metrics, the explorer page."""
