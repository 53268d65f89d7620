"""Histories as flat arrays, and the training examples cut from them."""
