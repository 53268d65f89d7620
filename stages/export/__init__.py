"""The query encoder and the item matrix as ONNX, for programs without torch."""
