"""Where do two runtimes part? The same inputs through each of them, layer by layer.

    source file ──┐                                          a .tflite file in LiteRT, if it is one
    float ONNX ── QDQ ONNX ── reference ─┬─ native
     (ONNX Runtime, unoptimized) (numpy) ├─ tflite, ...     every backend that runs here
                                         └─ native on a board

A layer's *total* difference is against the other runtime on the same model inputs; its *own* is
against the reference of that one node on the very inputs that the runtime gave it. So a difference
that comes from above is nobody's fault but the node's where it began.
"""
