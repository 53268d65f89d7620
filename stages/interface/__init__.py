"""Errors, stage reports, quiet libraries."""
