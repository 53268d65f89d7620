"""The tables of features and sequences as the arrays that the model reads."""
