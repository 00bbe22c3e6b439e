"""Rewrites of a float ONNX graph that keep its meaning, one per file."""
