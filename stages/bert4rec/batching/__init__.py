"""Batches of like length under a token budget, as tensors."""
