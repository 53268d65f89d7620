"""Directories and files in object stores: mirrored to a local disk, published by a head written last."""
