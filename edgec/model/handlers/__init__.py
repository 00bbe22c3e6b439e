"""How each ONNX op runs in torch, grouped by family."""
