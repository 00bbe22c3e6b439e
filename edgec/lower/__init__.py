"""Makes a model runnable: ONNX to the typed integer graph, and from it to each backend."""
