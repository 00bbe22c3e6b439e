"""How long DS-CNN with two early exits takes in LiteRT to each of them: int8, trained on noise."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Given, run
from edgec.compress.methods.early_exit import EarlyExit
from edgec.compress.methods.quantize import Quantize
from edgec.examples.dscnn import CLASSES, COEFFICIENTS, FRAMES, dscnn
from edgec.lower.backend import load_backend
from edgec.lower.graph import Array
from edgec.lower.lower import lower_for
from edgec.lower.plan import plan
from edgec.model.confidence import NEVER
from edgec.model.exits import Exit, read_exits, write_exits
from edgec.model.load import normalize
from edgec.model.task import Samples, Task
from edgec.model.torch_export import export_module
from edgec.target.target import load_target

SAMPLES = 60
LONG = ("--warmup-s", "0.3", "--min-time-s", "1", "--max-time-s", "5")


def network() -> tuple[ir.Model, Array]:
    """The model, and inputs [60, 1, 49, 10]."""
    model = normalize(export_module(*dscnn()))
    name = str(model.graph.inputs[0].name)
    labels = np.arange(SAMPLES) % CLASSES
    x = np.random.default_rng(0).normal(size=(SAMPLES, 1, FRAMES, COEFFICIENTS)).astype(np.float32)
    samples = Samples({name: x}, labels.astype(np.int64))
    given = Given(task=Task(samples, samples, samples))
    model = run(EarlyExit(epochs=1, at=(0.25, 0.6), follow=0.0), model, given).model
    model = run(Quantize(), model, given).model
    return model, x


def set_thresholds(model: ir.Model, thresholds: list[float]) -> None:
    """In place."""
    write_exits(model, [Exit(e.output, t) for e, t in zip(read_exits(model), thresholds,
                                                          strict=True)])


def artifact(model: ir.Model, backend: str, path: Path) -> list[str]:
    """Writes the file; the words that name it."""
    target, emitter = load_target("generic_x86_64"), load_backend(backend)
    graph = lower_for(model, emitter, target)
    path.write_bytes(emitter.emit(graph, plan(graph), target))
    return [str(path)]


def _median_us(words: list[str], sample: Array, folder: Path) -> float:
    np.save(folder / "one.npy", sample)
    done = subprocess.run([*load_backend("tflite").host_programs().bench, *words, "--input",
                           str(folder / "one.npy"), *LONG], check=True, capture_output=True)
    return float(np.median(json.loads(done.stdout)["samples_ns"])) / 1000


def main() -> None:
    """Prints the shares, the median of three turns, and the bytes of both files."""
    model, x = network()
    whole = model.clone()
    whole.metadata_props.clear()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        files = [[], artifact(whole, "tflite", folder / "whole.tflite")]
        for name, thresholds in (("exit_1", [0.0, 0.0]), ("exit_2", [NEVER, 0.0]),
                                 ("the end", [NEVER, NEVER])):
            set_thresholds(model, thresholds)
            files[0] = artifact(model, "tflite", folder / "exits.tflite")
            pairs = [[_median_us(f, x[:1], folder) for f in files] for _ in range(3)]
            share = float(np.median([exits / all_of_it for exits, all_of_it in pairs]))
            sys.stdout.write(f"{name}: {share:.2f} of the whole\n")
        sizes = [Path(f[0]).stat().st_size for f in files]
        sys.stdout.write(f"bytes: {sizes[0]} with exits, {sizes[1]} without\n")


if __name__ == "__main__":
    main()
