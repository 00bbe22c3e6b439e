"""Runs .edgec models from Python on the device: the edgec engine's C ABI through ctypes.

Needs numpy and libedgec.so, nothing else:

    with edgec_rt.Model("model.edgec", threads=2) as model:
        [scores] = model.run(image)
"""

from edgec_rt._abi import EngineError
from edgec_rt.model import Layer, Model, TensorInfo

__all__ = ["EngineError", "Layer", "Model", "TensorInfo"]
