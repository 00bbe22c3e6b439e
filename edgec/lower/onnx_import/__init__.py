"""ONNX nodes as nodes of the integer graph, one file per family of ops.

`PLUGIN` of each module maps ONNX op types to functions from a `Call` to its output tensors.
"""
