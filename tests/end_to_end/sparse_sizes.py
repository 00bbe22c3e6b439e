"""What `--tflite-sparse densify` saves: a model, its blocks of least magnitude made zero.

    python -m tests.end_to_end.sparse_sizes MODEL.onnx ...      (scripts/tflite-sparse)

For sizes only: nothing is trained, so what the model computes is worth nothing. LiteRT must give
the same bytes from both files, and is timed on both in turns.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from edgec.lower.backend import load_backend
from edgec.lower.golden import golden
from edgec.lower.graph import Graph
from edgec.lower.lower import lower_for
from edgec.lower.plan import plan
from edgec.model.load import load_model
from edgec.target.target import load_target
from tests.end_to_end.imported_tflite import interpreters, run_litert

ROWS, COLUMNS, RUNS = 16, 4, 30
SHARES = (0.0, 0.5, 0.75, 0.9)


def pruned(graph: Graph, share: float) -> Graph:
    """That share of the 16x4 blocks of every layer without groups zero, the smallest ones."""
    tensors = dict(graph.tensors)
    for node in graph.nodes:
        if node.op not in ("conv2d", "fully_connected"):
            continue
        weights = tensors[node.inputs[1]]
        w = np.asarray(weights.data)
        if w.shape[0] % ROWS or w.shape[-1] % COLUMNS:
            continue
        cut = w.reshape(w.shape[0] // ROWS, ROWS, -1, w.shape[-1] // COLUMNS, COLUMNS)
        score = np.abs(cut.astype(np.float64)).sum(axis=(1, 4), keepdims=True)
        keep = score >= np.quantile(score, share)
        tensors[weights.name] = replace(weights, data=(cut * keep).astype(w.dtype).reshape(w.shape))
    return replace(graph, tensors=tensors)


def rows(path: Path) -> Iterator[str]:
    """Lines of a Markdown table."""
    target, dense = load_target("generic_x86_64"), load_backend("tflite")
    small = dense.configured({"sparse": "densify"})
    whole = lower_for(load_model(path), dense, target)
    for share in SHARES:
        graph = pruned(whole, share)
        inputs, _, _ = golden(graph)
        made = [b.compile(graph, plan(graph), target) for b in (dense, small)]
        runners = [interpreters(m.artifact)[0] for m in made]
        results = [run_litert(runner, inputs) for runner in runners]
        np.testing.assert_array_equal(*results)
        times: list[list[float]] = [[], []]
        for _ in range(RUNS):
            for runner, found in zip(runners, times, strict=True):
                start = perf_counter()
                runner.invoke()
                found.append(perf_counter() - start)
        told = made[1].report["sparse"]
        yield (f"| {path.name.split('.')[0]} | {share:.0%} | {told['dense_file_bytes']:,} | "
               f"{told['file_bytes']:,} | {told['layers']} | {told['ram_bytes']:,} | "
               f"{median(times[1]) / median(times[0]):.2f} |")


if __name__ == "__main__":
    sys.stdout.write("| model | zero blocks | dense file | sparse file | layers | more RAM | "
                     "time, of dense |\n|---|---:|---:|---:|---:|---:|---:|\n")
    for word in sys.argv[1:]:
        for line in rows(Path(word)):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
