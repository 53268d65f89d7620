"""Metrics, bootstrap intervals, segments, labels and predictions: a library."""
