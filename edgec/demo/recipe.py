"""A recipe to go on from: the demo's float model, smaller, in a minute."""

from __future__ import annotations

from pathlib import Path

from edgec.atomic import write_file

RECIPE = """# edgec compress recipe.toml -o small/
model = "float.onnx"     # beside this file
target = "{target}"

[task]
data = "{task}"          # or an .npz with train_x, train_y, test_x, test_y

[limits]
drop = 0.04              # of the accuracy on validation

[search]
goal = "bytes"

[methods.prune]          # edgec methods prune: all its options
ratio = [0.3, 0.5]       # of the MACs; a list is searched
epochs = 4

[methods.quantize]
"""


def write_recipe(path: Path, task: str, target: str) -> None:
    """Writes it for `float.onnx` in the same folder; task: "package.module:callable"."""
    write_file(path, RECIPE.format(task=task, target=target).encode())
