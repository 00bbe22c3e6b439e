"""The programs that stand in for edgec-run and edgec-bench: arguments, files, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from edgec.lower.backend import load_backend
from edgec.lower.backends.tflite import bench, command_line, run
from edgec.lower.graph import Graph, Node, Tensor
from edgec.lower.ops.gather import Gather
from edgec.lower.plan import plan
from edgec.target.target import load_target

pytest.importorskip("ai_edge_litert.interpreter")
QUICK = ("--warmup-s", "0.01", "--min-time-s", "0.01", "--max-time-s", "5")
TABLE = np.arange(12, dtype=np.float32).reshape(4, 3)
X = np.asarray([[3, -1]], np.int64)
Y = TABLE[[3, 3]][None]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of a table: a model that can refuse its input."""
    tensors = {"x": Tensor("x", (1, 2), "s64"), "y": Tensor("y", (1, 2, 3), "f32"),
               "t": Tensor("t", (4, 3), "f32", None, TABLE)}
    graph = Graph("g", tensors, (Node("n", "gather", ("t", "x"), ("y",), Gather()),), ("x",),
                  ("y",))
    path = tmp_path_factory.mktemp("model") / "model.tflite"
    path.write_bytes(load_backend("tflite").emit(graph, plan(graph),
                                                 load_target("generic_x86_64")))
    return path


@pytest.fixture
def files(tmp_path: Path) -> Path:
    wrong = Y.copy()
    wrong[0, 1, 2] += 3
    for name, array in (("x", X), ("y", Y), ("wrong", wrong), ("far", X + 7), ("narrow", X[:, :1]),
                        ("three", np.asarray([[0, 1], [2, 3], [-4, -1]])), ("x32", X.astype("i4"))):
        np.save(tmp_path / f"{name}.npy", array)
    return tmp_path


def ran(*words: object) -> int:
    return run.execute([str(word) for word in words])


def test_output_is_written_and_expected_exits_with_0(model, files) -> None:
    assert ran(model, "--input", files / "x.npy", "--output", files / "out.npy", "--expect",
               files / "y.npy") == 0
    np.testing.assert_array_equal(np.load(files / "out.npy"), Y)


def test_several_samples_give_outputs_that_are_stacked(model, files) -> None:
    assert ran(model, "--input", files / "three.npy", "--output", files / "out.npy") == 0
    np.testing.assert_array_equal(np.load(files / "out.npy"), TABLE[[[0, 1], [2, 3], [0, 3]]])


def test_difference_exits_with_2_and_says_where(model, files, capsys) -> None:
    words = (model, "--input", files / "x.npy", "--expect", files / "wrong.npy")
    assert ran(*words) == 2
    assert capsys.readouterr().err == (
        "edgec-run (LiteRT): output 0 'y': 1 values differ by more than 0, by up to 3; the first, "
        "at 5, is 11 and should be 14\n")
    assert ran(*words, "--tolerance", "3") == 0


def test_info_describes_the_model(model, capsys) -> None:
    assert ran(model, "--info") == 0
    info = json.loads(capsys.readouterr().out)
    assert set(info) == {"abi", "version", "model", "isa", "threads", "inputs", "outputs", "layers",
                         "memory"}
    assert info["inputs"] == [{"name": "x", "dtype": "int64", "shape": [1, 2], "bytes": 16,
                               "scale": 0.0, "zero_point": 0}]
    assert info["version"].startswith("ai-edge-litert ")


@pytest.mark.parametrize(("words", "message"), [
    ((), "no model given"),
    (("{m}", "--threads", "0"), "--threads: '0' given, allowed are 1 to 256"),
    (("{m}", "--tolerance", "nan"), "--tolerance: 'nan' given"),
    (("{m}", "--isa", "avx2"), "--isa is 'avx2'"),
    (("{m}", "--input"), "--input: expected one argument"),
    (("{m}", "--bogus"), "unrecognized arguments: --bogus"),
    (("{m}",), "0 --input given, the model has 1 inputs"),
    (("{f}/none.tflite",), "none.tflite': there is no such file"),
    (("{f}/x.npy",), "LiteRT refuses"),
    (("{m}", "--input", "{m}"), "is not a .npy file"),
    (("{m}", "--input", "{f}/none.npy"), "No such file"),
    (("{m}", "--input", "{f}/narrow.npy"), "is [1, 1] int64, input 0 'x' is [1, 2] int64"),
    (("{m}", "--input", "{f}/x32.npy"), "is [1, 2] int32"),
    (("{m}", "--input", "{f}/far.npy"), "LiteRT stopped: "),
    (("{m}", "--input", "{f}/x.npy", "--output", "a", "--output", "b"), "the model has 1 outputs"),
    (("{m}", "--input", "{f}/x.npy", "--output", "/nonexistent/y.npy"), "Cannot write"),
    (("{m}", "--input", "{f}/x.npy", "--expect", "{f}/x.npy"), "expected is [1, 2] int64"),
])
def test_a_mistake_is_one_line_and_exit_code_1(model, files, capsys, monkeypatch, words,
                                               message) -> None:
    monkeypatch.setattr(sys, "argv", ["run", *(w.format(m=model, f=files) for w in words)])
    assert command_line.start(run.PROGRAM, run.execute) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("edgec-run (LiteRT): ")
    assert error.count("\n") == 1


def test_a_cut_model_is_refused(model, files, tmp_path) -> None:
    """In processes of their own: what a cut file does to LiteRT must not be a crash."""
    whole, cut = model.read_bytes(), tmp_path / "cut.tflite"
    program = load_backend("tflite").host_programs().run
    for size in (0, 7, len(whole) // 3, len(whole) - 40):
        cut.write_bytes(whole[:size])
        done = subprocess.run([*program, str(cut), "--input", str(files / "x.npy")],
                              capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), (size, done.stderr)


def test_bench_prints_the_schema_of_the_engine(model, files) -> None:
    started = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    done = subprocess.run([*load_backend("tflite").host_programs().bench, str(model), "--input",
                           str(files / "x.npy"), *QUICK, "--threads", "2", "--profile"],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    first, last = result["timed_boottime_ns"]
    assert (result["schema"], result["isa"], result["threads"]) == ("edgec-bench/1", "litert", 2)
    assert result["layers"] == []
    assert min(result["samples_ns"]) > 0
    assert started < first < first + sum(result["samples_ns"]) <= last
    assert result["memory"]["peak_rss_bytes"] > 2**20
    assert result["memory"]["constant_bytes"] == model.stat().st_size


def test_bench_without_input_makes_up_values(model, capsys) -> None:
    assert bench.execute([str(model), *QUICK]) == 0
    assert json.loads(capsys.readouterr().out)["warmup_iterations"] > 0


def test_bench_keeps_the_number_of_iterations_and_the_maximum(model, capsys) -> None:
    counts = []
    for words in (("--min-time-s", "0", "--min-iterations", "37"),
                  ("--max-time-s", "0", "--min-iterations", "1000")):
        assert bench.execute([str(model), "--warmup-s", "0", *words]) == 0
        counts.append(len(json.loads(capsys.readouterr().out)["samples_ns"]))
    assert counts == [37, 1]
