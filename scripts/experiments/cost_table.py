"""Does the sum of a table of layer costs say what a whole network takes? Measured here, in turn."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx_ir as ir

from edgec import pipeline, profiling
from edgec.compress.method import Given, run
from edgec.compress.methods.quantize import Quantize
from edgec.lower.backend import load_backend
from edgec.lower.lower import lower_for
from edgec.measure.bench import BenchOptions
from edgec.model.data import input_specs
from edgec.model.load import load_model
from edgec.model.onnx_file import save_model
from edgec.target.target import Target, load_target
from experiments.command import Command

MODELS = ("edgec.examples.watch:model", "edgec.examples.dscnn:dscnn",
          "edgec.examples.resnet_cifar:resnet20")
BENCH = BenchOptions(0.1, 0.5, 10, 100, energy=False)


def experiment(arguments: argparse.Namespace) -> None:
    """Prints a line per model: the sum, the measured least and median, and the ratio of sums.

    The least time is what a busy machine disturbs least; medians of both say how busy it was.
    """
    target = load_target(arguments.target)
    for spec in arguments.models:
        model = load_model(spec)
        for kind, made in (("float", model), ("int8", _quantized(model, target))):
            name = f"{spec.split('.')[-1].split(':')[0]}_{kind}"
            _compare(made, arguments.out / name, target)


def _quantized(model: ir.Model, target: Target) -> ir.Model:
    rng = np.random.default_rng(0)
    data = [{s.name: rng.normal(size=s.shape).astype(np.float32) for s in input_specs(model)}
            for _ in range(4)]
    return run(Quantize(), model, Given(data=data, target=target)).model


def _compare(model: ir.Model, place: Path, target: Target) -> None:
    backend = load_backend("native")
    save_model(model, place.with_suffix(".onnx"))
    costs = place.with_suffix(".json")
    costs.unlink(missing_ok=True)  # times of another hour are no comparison
    table = profiling.profile(str(place.with_suffix(".onnx")), costs, target=target.name)
    graph = lower_for(load_model(place.with_suffix(".onnx")), backend, target)
    total = table.latency(graph, backend, target).us
    pipeline.lower(str(place.with_suffix(".onnx")), place, target=target.name)
    samples = np.array(pipeline.bench(place, options=BENCH)["samples_ns"]) / 1000
    print(f"{place.name}: table {total:.1f} µs, measured least {samples.min():.1f}, median "
          f"{np.median(samples):.1f}; table / least {total / samples.min():.2f}, table / median "
          f"{total / np.median(samples):.2f}", flush=True)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--target", default="generic_x86_64_avx512vnni")
    parser.add_argument("--models", nargs="+", default=list(MODELS))


COMMAND = Command("The sum of measured layer costs against whole networks.", _arguments, experiment)
