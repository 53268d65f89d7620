"""Item tower, sequence encoder, scorers, and the model made of them."""
