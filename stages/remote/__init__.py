"""Directories in object stores: mirrored, and published by a head that is written last."""
