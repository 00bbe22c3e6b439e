"""peer_worker.py RUNTIME MODEL INPUT.npy THREADS: another runtime, in the protocol of --serve.

Stands alone: runs in the peers' virtual environment, with numpy and the runtime. The protocol is
that of edgec-bench --serve (cpp/tools/serve.h): a greeting, then `run SECONDS` and `quit`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

LEAST_RUNS, MOST_RUNS, MOST_VALUES = 3, 20000, 4096
Runner = tuple[Callable[[], Any], Callable[[], Any]]  # one inference; its first output as floats


def onnxruntime(model: str, x: Any, threads: int) -> Runner:
    """ONNX Runtime on the CPU: no spinning threads, input and output bound once."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    binding.bind_cpu_input(session.get_inputs()[0].name, x)
    binding.bind_output(session.get_outputs()[0].name)
    return (lambda: session.run_with_iobinding(binding)), (
        lambda: binding.copy_outputs_to_cpu()[0])


def openvino(model: str, x: Any, threads: int) -> Runner:
    """OpenVINO for latency, in float32 (its default may be bfloat16)."""
    import openvino as ov

    compiled = ov.Core().compile_model(model, "CPU", {
        "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32",
        "PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False})
    request = compiled.create_infer_request()
    request.set_input_tensor(ov.Tensor(x))
    return request.infer, request.get_output_tensor().data.copy


def litert(model: str, x: Any, threads: int) -> Runner:
    """LiteRT with its XNNPACK delegate; the input in its layout and type."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=model, num_threads=threads)
    interpreter.allocate_tensors()
    (given,), made = interpreter.get_input_details(), interpreter.get_output_details()[0]
    if tuple(given["shape"]) != x.shape and x.ndim == 4:
        x = x.transpose(0, 2, 3, 1)
    if given["dtype"] == np.int8:
        scale, zero = given["quantization"]
        x = np.clip(np.round(x / scale + zero), -128, 127).astype(np.int8)
    interpreter.set_tensor(given["index"], np.ascontiguousarray(x.reshape(given["shape"])))

    def output() -> Any:
        y = interpreter.get_tensor(made["index"])
        scale, zero = made["quantization"]
        return (y.astype(np.float32) - zero) * scale if y.dtype == np.int8 else y

    return interpreter.invoke, output


RUNTIMES = {"ort": (onnxruntime, "onnxruntime"), "openvino": (openvino, "openvino"),
            "litert": (litert, "ai-edge-litert")}


def burst(run: Callable[[], Any], seconds: float) -> dict[str, list[int]]:
    """Wall and CPU nanoseconds of each inference; CPU is the whole process's."""
    walls: list[int] = []
    cpus: list[int] = []
    end = time.perf_counter() + seconds
    while len(walls) < MOST_RUNS and (len(walls) < LEAST_RUNS or time.perf_counter() < end):
        cpu, wall = time.process_time_ns(), time.perf_counter_ns()
        run()
        walls.append(time.perf_counter_ns() - wall)
        cpus.append(time.process_time_ns() - cpu)
    return {"wall_ns": walls, "cpu_ns": cpus}


def peak_rss_bytes() -> int:
    """Most memory that this program has had, without the one that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Greets, obeys, parts."""
    name, model, path, threads = sys.argv[1:5]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a runtime prints is no answer

    def answer(document: dict[str, Any]) -> None:
        answers.write(json.dumps(document) + "\n")
        answers.flush()

    make, package = RUNTIMES[name]
    try:
        started = time.perf_counter_ns()
        run, output = make(model, np.load(path), int(threads))
        loaded = time.perf_counter_ns()
        run()
        values = np.asarray(output(), np.float64).ravel()[:MOST_VALUES]
    except Exception as error:  # whatever a runtime throws at a model it cannot take
        answer({"error": " ".join(f"{type(error).__name__}: {error}".split())[:300]})
        return
    answer({"version": version(package), "load_ns": loaded - started,
            "outputs": [values.tolist()]})
    for line in sys.stdin:
        if line.startswith("quit"):
            break
        answer(burst(run, float(line.split()[1])))
    answer({"peak_rss_bytes": peak_rss_bytes()})


if __name__ == "__main__":
    main()
