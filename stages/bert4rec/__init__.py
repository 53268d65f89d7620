"""Torch code shared by train and predict; it knows no path, no YAML and no DVC."""
