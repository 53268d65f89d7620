"""The model only: examples, retrieval, batching, loss, network, ranking."""
