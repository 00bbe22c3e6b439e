"""What early exits save on the engine: cost, latency and accuracy, thresholds re-calibrated or not.

The float network gets its exits, the whole is quantized, thresholds are chosen again on validation.
Test samples run one by one through edgec-bench, in turns with the quantized network without exits.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir

from edgec.compress.exits.heads import POOLS
from edgec.compress.exits.outcomes import Outcomes, outcomes
from edgec.compress.exits.report import EarlyExitReport, report
from edgec.compress.method import Given, run
from edgec.compress.methods.early_exit import EarlyExit
from edgec.compress.methods.quantize import Quantize
from edgec.compress.training.score import sample_scores
from edgec.lower import lower
from edgec.lower.backend import load_backend
from edgec.lower.plan import plan
from edgec.measure.exits import by_exit
from edgec.model.execute import TorchGraph
from edgec.model.exits import Exit, final_output, read_exits
from edgec.model.load import load_model
from edgec.model.metrics import Array
from edgec.model.onnx_file import save_model
from edgec.model.passes.infer_shapes import run as infer_shapes
from edgec.model.task import Samples, Task
from edgec.target.target import load_target
from edgec.target.toolchain import build_engine
from experiments.command import Command
from experiments.datasets import DATASETS, load_dataset
from experiments.interval import mean_interval
from experiments.progress import say


def experiment(arguments: argparse.Namespace) -> None:
    """Prints what each exit does, then one line per measured ratio; writes early_exit.json."""
    task = load_dataset(arguments.dataset, arguments.data, arguments.out / "data")
    model = load_model(arguments.model)
    found = _found(model, task, arguments) if arguments.made else _made(model, task, arguments)
    result = {"float": found["float_report"], "int8": found["report"]}
    if arguments.rounds:
        result |= {"test": _on_test(found, task), "engine": _measured(found, task, arguments)}
    (arguments.out / "early_exit.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({key: result[key] for key in ("test", "engine") if key in result}, indent=1))


def _made(model: ir.Model, task: Task, arguments: argparse.Namespace) -> dict[str, Any]:
    """The int8 network with exits and without, and the thresholds found in float."""
    given = Given(task=task, teacher=model, seed=arguments.seed, progress=say)
    method = EarlyExit(epochs=arguments.epochs, at=tuple(arguments.at),
                       pool=arguments.pool, joint=arguments.joint,
                       follow=arguments.follow,
                       learning_rate=arguments.learning_rate,
                       max_drop=arguments.max_drop, per_exit=arguments.per_exit)
    floats = run(method, model, given)
    quantized = run(Quantize(), floats.model, given).model
    again = run(replace(method, epochs=0), quantized, given)
    assert isinstance(floats.report, EarlyExitReport)
    assert isinstance(again.report, EarlyExitReport)
    say(f"exits, quantized: score {again.report.score:.4f}, "
        f"{again.report.mean_macs / again.report.plain_macs:.3f} of the MACs")
    save_model(again.model, arguments.out / "early_exit.onnx")
    return {"exits": again.model, "reused": read_exits(quantized),
            "plain": run(Quantize(), model, given).model,
            "float_report": floats.report.to_json(), "report": again.report.to_json()}


def _found(model: ir.Model, task: Task, arguments: argparse.Namespace) -> dict[str, Any]:
    """The same of an earlier run, with the thresholds that it has."""
    given = Given(task=task, seed=arguments.seed)
    exits = infer_shapes(load_model(str(arguments.made)))
    plain = run(Quantize(), model, given).model
    found = report(exits, read_exits(exits), outcomes(exits, read_exits(exits), task.validation,
                                                      task.metric), {})
    return {"exits": exits, "reused": read_exits(exits), "plain": plain, "float_report": None,
            "report": found.to_json()}


def _on_test(found: dict[str, Any], task: Task) -> dict[str, Any]:
    """Percent, and the share of the cost of the network without exits."""
    assert task.test is not None
    exits = read_exits(found["exits"])
    judged = outcomes(found["exits"], exits, task.test, task.metric)
    plain = found["report"]["plain_macs"]
    alone = sample_scores(TorchGraph(found["plain"], ()), task.test, task.metric)
    return {"without exits": 100 * float(alone.mean()),
            "whole": 100 * float(judged.scores[-1].mean()),
            "oracle": 100 * float(judged.scores.max(0).mean()),
            "recalibrated": _point(judged, exits, plain, alone),
            "reused from float": _point(judged, found["reused"], plain, alone)}


def _point(judged: Outcomes, exits: Sequence[Exit], plain: int, alone: Array) -> dict[str, Any]:
    """gain: points against the network without exits, and half of its 95 % interval over the
    samples, paired."""
    taken = judged.taken([e.threshold for e in exits])
    gain = mean_interval(100 * (judged.scores[taken, np.arange(len(taken))] - alone))
    return {"score": 100 * judged.score(taken), "gain": gain.mean,
            "gain_interval": gain.high - gain.mean,
            "macs": judged.cost(taken) / plain, "shares": judged.shares(taken)}


def _measured(found: dict[str, Any], task: Task, arguments: argparse.Namespace) -> dict[str, Any]:
    """Latency of both networks in turns, over the same test samples."""
    assert task.test is not None
    files = _inputs(task.test, found["exits"], arguments.out)
    programs = {name: _artifact(found[name], arguments.out / f"early_exit_{name}.edgec",
                                arguments.target) for name in ("plain", "exits")}
    ratios, plain_us = [], 0.0
    last: dict[str, Any] = {}
    for _ in range(arguments.rounds):
        last = {name: _bench(path, files, len(task.test)) for name, path in programs.items()}
        plain_us = float(np.median(last["plain"]["samples_ns"])) / 1000
        ratios.append(by_exit(last["exits"])["expected_us"] / plain_us)
    return {"latency_ratio": float(np.median(ratios)), "latency_ratios": ratios,
            "plain_us": plain_us,
            "bytes": {name: path.stat().st_size for name, path in programs.items()},
            **by_exit(last["exits"]), **_engine_score(programs["exits"], files, found, task)}


def _engine_score(path: Path, files: Sequence[str], found: dict[str, Any],
                  task: Task) -> dict[str, float]:
    """Percent right of the answers that the engine itself gives, and where it agrees with torch."""
    assert task.test is not None
    folder = path.parent
    names = [str(v.name) for v in found["exits"].graph.outputs]
    saved = [word for i in range(len(names)) for word in ("--output", str(folder / f"out_{i}.npy"))]
    subprocess.run([str(build_engine().run), str(path), *files, *saved, "--answers",
                    str(folder / "answers.npy")], check=True)
    answers = np.load(folder / "answers.npy")
    logits = np.stack([np.load(folder / f"out_{i}.npy") for i in range(len(names))])
    right = logits[answers, np.arange(len(answers))].argmax(-1) == task.test.targets
    exits = read_exits(found["exits"])
    order = [*(e.output for e in exits), final_output(found["exits"], exits)]
    judged = outcomes(found["exits"], exits, task.test, task.metric)
    taken = judged.taken([e.threshold for e in exits])
    same = np.asarray([names.index(order[k]) for k in taken]) == answers
    return {"engine_score": 100 * float(right.mean()), "same_exit": 100 * float(same.mean())}


def _inputs(samples: Samples, model: ir.Model, folder: Path) -> list[str]:
    words = []
    for index, value in enumerate(model.graph.inputs):
        path = folder / f"input_{index}.npy"
        np.save(path, samples.inputs[str(value.name)])
        words += ["--input", str(path)]
    return words


def _artifact(model: ir.Model, path: Path, target: str) -> Path:
    board, native = load_target(target), load_backend("native")
    graph = lower.lower(model)
    for step in native.passes(board):
        graph = step(graph)
    path.write_bytes(native.emit(graph, plan(graph), board))
    return path


def _bench(path: Path, files: Sequence[str], samples: int) -> dict[str, Any]:
    """One pass over the samples at least, in whole passes or nearly so."""
    done = subprocess.run([str(build_engine().bench), str(path), *files, "--warmup-s", "0.2",
                           "--min-time-s", "0", "--min-iterations", str(samples)],
                          capture_output=True, check=True)
    raw: dict[str, Any] = json.loads(done.stdout)
    return raw


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", choices=list(DATASETS), default="keywords")
    parser.add_argument("--model", required=True, help="float ONNX")
    parser.add_argument("--made", type=Path, help="int8 network with exits of an earlier run, "
                        "early_exit.onnx: nothing is trained")
    parser.add_argument("--at", type=float, nargs="+", default=list(EarlyExit().at))
    parser.add_argument("--pool", choices=POOLS, default=EarlyExit().pool)
    parser.add_argument("--epochs", type=float, default=EarlyExit().epochs)
    parser.add_argument("--learning-rate", type=float, default=EarlyExit().learning_rate)
    parser.add_argument("--follow", type=float, default=EarlyExit().follow)
    parser.add_argument("--joint", action="store_true")
    parser.add_argument("--max-drop", type=float, default=EarlyExit().max_drop)
    parser.add_argument("--per-exit", action="store_true",
                        help="a threshold for each exit")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=5, help="0: nothing is timed, and test is "
                        "not looked at")
    parser.add_argument("--target", default="generic_x86_64")


COMMAND = Command("What early exits save, on the engine.", _arguments, experiment)
