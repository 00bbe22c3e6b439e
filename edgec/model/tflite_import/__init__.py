"""TensorFlow Lite operators as ONNX nodes, one file per family of operators.

`PLUGIN` of each module maps names of built-in operators (schema.fbs, BuiltinOperator) to functions
of a `Call`, which write the operator's outputs.
"""
