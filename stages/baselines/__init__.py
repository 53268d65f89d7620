"""Recommenders without a model: popular, trending, item-kNN, ALS, last viewed."""
