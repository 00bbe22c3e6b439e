"""A recipe on disk with all that it names: a small net, labelled images."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgec.model.onnx_file import save_model
from tests.unit.compress import trained

PRUNE_AND_FINETUNE = """
[compare]
seeds = 3
epochs = 0
confidence = 0.9

[methods.prune]
ratio = 0.55
steps = 1
epochs = 0

[methods.finetune]
epochs = 2
batch = 32
learning_rate = 4e-3
"""


def write_recipe(folder: Path, methods: str = PRUNE_AND_FINETUNE, *, train: int = 512) -> Path:
    """recipe.toml, net.onnx and images.npz in the folder."""
    save_model(trained.trained(), folder / "net.onnx")
    arrays = {}
    for name, count, seed in (("train", train, 1), ("validation", 160, 2), ("test", 60, 3)):
        samples = trained.patterns(count, seed)
        arrays |= {f"{name}_x": samples.inputs["x"], f"{name}_y": samples.targets}
    np.savez(folder / "images.npz", **arrays)
    path = folder / "recipe.toml"
    path.write_text('model = "net.onnx"\nseed = 3\n[task]\ndata = "images.npz"\n' + methods)
    return path
