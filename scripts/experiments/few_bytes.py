"""How few bytes of `.edgec` keyword spotting takes: a narrow student with weights of few bits.

The student has a share of the channels of the network that train_float wrote, goes on from its
weights and learns from it or from a wider one, then again with weights of few bits. In the way
`mixed` depthwise layers, a sixth of the weights, keep 8. Validation chooses the epochs and, where
several widths and bits are tried, the one that is reported; test is looked at once, for that one.
Bytes and answers are those of the engine and its file.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir

from edgec.compress.method import Given, run
from edgec.compress.methods.distill import Distill
from edgec.compress.methods.qat import Qat
from edgec.compress.methods.quantize import Quantize
from edgec.compress.training.score import score_model
from edgec.lower.backend import load_backend
from edgec.lower.lower import lower_for
from edgec.lower.plan import plan
from edgec.model.load import load_model
from edgec.model.onnx_file import save_model
from edgec.model.task import Samples, Task
from edgec.target.target import load_target
from edgec.target.toolchain import build_engine
from experiments.command import Command
from experiments.datasets import load_dataset
from experiments.progress import say
from experiments.results import Results


def experiment(arguments: argparse.Namespace) -> None:
    """A row for each try with its validation score; then int8 and the best try on test."""
    task = load_dataset("keywords", arguments.data, arguments.out / "data")
    assert task.test is not None
    network = load_model(arguments.out / "dscnn_kws.onnx")
    results = Results(arguments.out / "few_bytes.jsonl")
    same = {name: getattr(arguments, name) for name in (
        "width", "epochs", "qat_epochs", "teacher", "mix", "precision")}
    keys = [{"bits": bits, "mixed": mixed, "seed": seed, **same}
            for bits in arguments.bits for mixed in (False, True)
            for seed in range(arguments.seeds)]
    rows = [results.get(key, partial(_tried, key, network, task, arguments)) for key in keys]
    int8 = _file(run(Quantize(), network, Given(task=task)).model, arguments.out / "int8.edgec",
                 arguments.target)
    before = _on_engine(int8, task.test)
    small = [row for row in rows if 4 * row["bytes"] <= int8.stat().st_size]
    print(f"float {100 * score_model(network, task.test, 'top1'):.2f} %; int8 {before:.2f} %, "
          f"{int8.stat().st_size} bytes; {len(small)} of {len(rows)} tries have a quarter of them")
    way = _best(small or rows)
    for row in (row for row in rows if _way(row) == way):
        found = _on_engine(arguments.out / f"{_name(row)}.edgec", task.test)
        print(f"{_name(row)}: {found:.2f} %, {found - before:+.2f} to int8, {row['bytes']} bytes, "
              f"{int8.stat().st_size / row['bytes']:.2f} times fewer")


def _name(key: Mapping[str, Any]) -> str:
    return f"few_bytes_w{key['bits']}{'_mixed' if key['mixed'] else ''}_{key['seed']}"


def _tried(key: Mapping[str, Any], network: ir.Model, task: Task,
           arguments: argparse.Namespace) -> dict[str, Any]:
    """Trains, writes the file; its bytes, and validation scores in float and of few bits."""
    teacher = load_model(arguments.out / f"{key['teacher']}.onnx")
    given = Given(task=task, teacher=teacher, seed=key["seed"], progress=say)
    how: dict[str, Any] = {"mix": True, "teacher_weight": 1.0} if key["mix"] else {}
    distill = Distill(epochs=key["epochs"], width=key["width"], keep="group_norm",
                      learning_rate=5e-3, precision=key["precision"], **how)
    student = arguments.out / f"few_bytes_{_student(key)}.onnx"
    if not student.is_file():
        save_model(run(distill, network, given).model, student)
    narrow = load_model(student)
    qat = Qat(weight_bits=key["bits"], epochs=key["qat_epochs"],
              eight_bits=_depthwise(narrow) if key["mixed"] else (), **how)
    few = run(qat, narrow, given).model
    written = _file(few, arguments.out / f"{_name(key)}.edgec", arguments.target)
    return {"bytes": written.stat().st_size,
            "float_validation": score_model(narrow, task.validation, "top1"),
            "validation": score_model(few, task.validation, "top1")}


def _student(key: Mapping[str, Any]) -> str:
    """All that its training depends on."""
    return (f"{key['width']}_{key['seed']}_{key['epochs']:g}_{key['teacher']}"
            f"{'_mix' if key['mix'] else ''}_{key['precision']}")


def _depthwise(model: ir.Model) -> tuple[str, ...]:
    return tuple(str(node.name) for node in model.graph if node.op_type == "Conv"
                 and (node.attributes.get_int("group") or 1) > 1)


def _way(row: Mapping[str, Any]) -> tuple[int, bool]:
    return row["bits"], row["mixed"]


def _best(rows: list[dict[str, Any]]) -> tuple[int, bool]:
    """The way with the best mean validation score over seeds."""
    return max(sorted({_way(row) for row in rows}), key=lambda way: float(np.mean(
        [row["validation"] for row in rows if _way(row) == way])))


def _file(model: ir.Model, path: Path, target: str) -> Path:
    board, native = load_target(target), load_backend("native")
    graph = lower_for(model, native, board)
    path.write_bytes(native.emit(graph, plan(graph), board))
    return path


def _on_engine(artifact: Path, samples: Samples) -> float:
    """Percent right of what the engine answers."""
    given, answered = (artifact.with_name(f"few_bytes_{what}.npy") for what in ("x", "y"))
    np.save(given, samples.inputs["features"])
    subprocess.run([str(build_engine().run), str(artifact), "--input", str(given), "--output",
                    str(answered)], check=True)
    logits = np.load(answered).reshape(len(samples), -1)
    return 100 * float((logits.argmax(-1) == samples.targets).mean())


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--width", type=float, default=0.5, help="share of the channels")
    parser.add_argument("--bits", type=int, nargs="+", default=[4])
    parser.add_argument("--epochs", type=float, default=60.0, help="of the narrow float network")
    parser.add_argument("--qat-epochs", type=float, default=12.0)
    parser.add_argument("--teacher", default="dscnn_kws", help="a float network of train_float")
    parser.add_argument("--mix", action="store_true",
                        help="see `edgec methods distill`; for both trainings")
    parser.add_argument("--precision", default="float32", help="of the float training")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--target", default="raspberry_pi_4")


COMMAND = Command("Keyword spotting in a quarter of the int8 file.", _arguments, experiment)
