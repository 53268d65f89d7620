"""Item co-occurrence, candidate generation, negative sampling."""
