"""Weights of the score's parts and of plain recommenders, fitted on validation rows."""
