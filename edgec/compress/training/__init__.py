"""Fine-tuning of any ONNX graph, and what methods hang into it."""
