"""What a model is: an ONNX graph, loaded, checked, inspected and run."""
