"""The parts of int8 quantization: pure numbers, and transformations of the graph."""
