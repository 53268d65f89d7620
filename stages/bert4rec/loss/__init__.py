"""Softmax losses over shared candidates and the row's own history."""
