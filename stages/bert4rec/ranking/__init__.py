"""Exact top-k ranking of the catalogue."""
