"""edgec-run and edgec-bench with LiteRT's library: arguments, files, exit codes."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from edgec.lower.backend import load_backend
from edgec.lower.graph import Graph, Node, Tensor
from edgec.lower.ops.gather import Gather
from edgec.lower.plan import plan
from edgec.target.target import load_target
from edgec.target.toolchain import build_engine

pytest.importorskip("ai_edge_litert.schema_py_generated")
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


def ran(*words: object) -> subprocess.CompletedProcess[str]:
    program = load_backend("tflite").host_programs().run
    return subprocess.run([*program, *map(str, words)], capture_output=True, text=True,
                          errors="replace", check=False, timeout=60)


def test_output_is_written_and_expected_exits_with_0(model, files) -> None:
    done = ran(model, "--input", files / "x.npy", "--output", files / "out.npy", "--expect",
               files / "y.npy")
    assert (done.returncode, done.stderr) == (0, "")
    np.testing.assert_array_equal(np.load(files / "out.npy"), Y)


def test_several_samples_give_outputs_that_are_stacked(model, files) -> None:
    assert ran(model, "--input", files / "three.npy", "--output",
               files / "out.npy").returncode == 0
    np.testing.assert_array_equal(np.load(files / "out.npy"), TABLE[[[0, 1], [2, 3], [0, 3]]])


def test_difference_exits_with_2_and_says_where(model, files) -> None:
    words = (model, "--input", files / "x.npy", "--expect", files / "wrong.npy")
    done = ran(*words)
    assert (done.returncode, done.stderr) == (2, (
        "edgec-run: output 0 'y': 1 values differ by more than 0, by up to 3; the first, at 5, is "
        "11 and should be 14\n"))
    assert ran(*words, "--tolerance", "3").returncode == 0


def test_info_describes_the_model(model) -> None:
    info = json.loads(ran(model, "--info").stdout)
    assert set(info) == {"abi", "version", "model", "isa", "threads", "inputs", "outputs", "layers",
                         "memory"}
    assert info["inputs"] == [{"name": "x", "dtype": "int64", "shape": [1, 2], "bytes": 16,
                               "scale": 0.0, "zero_point": 0}]
    assert (info["version"], info["model"], info["isa"]) == ("LiteRT", "model", "litert")


@pytest.mark.parametrize(("words", "message"), [
    (("{m}", "--isa", "avx2"), "--isa is 'avx2'"),
    (("{m}",), "0 --input given, the model has 1 inputs"),
    (("{f}/none.tflite",), "none.tflite': No such file"),
    (("{m}", "--input", "{f}/narrow.npy"), "is [1,1] int64, input 0 'x' is [1,2] int64"),
    (("{m}", "--input", "{f}/x32.npy"), "is [1,2] int32"),
    (("{m}", "--input", "{f}/far.npy"), "LiteRT stopped: gather index out of bounds"),
    (("{m}", "--input", "{f}/x.npy", "--output", "a", "--output", "b"), "the model has 1 outputs"),
])
def test_a_mistake_is_one_line_and_exit_code_1(model, files, words, message) -> None:
    done = ran(*(w.format(m=model, f=files) for w in words))
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stderr.startswith("edgec-run: EDGEC_E_")
    assert done.stderr.count("\n") == 1


def test_a_cut_model_is_refused_in_one_line(model, files, tmp_path) -> None:
    whole, cut = model.read_bytes(), tmp_path / "cut.tflite"
    for size in (0, 7, len(whole) // 3, len(whole) - 40):
        cut.write_bytes(whole[:size])
        done = ran(cut, "--input", files / "x.npy")
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), (size, done.stderr)


@pytest.mark.parametrize(("words", "message"), [
    ((), "libLiteRt.so is not at '"),
    (("--runtime-library", "/nonexistent/libLiteRt.so"), "is not at '/nonexistent/libLiteRt.so'"),
    (("--runtime-library", "{m}"), "cannot load '"),
    (("--runtime-library", "{engine}"), "has no function LiteRt"),
])
def test_without_the_library_the_program_says_what_is_missing(model, words, message) -> None:
    build = build_engine(loads=True)
    done = subprocess.run(
        [str(build.run), str(model), *(w.format(m=model, engine=build.library) for w in words)],
        capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("edgec-run: EDGEC_E_RUNTIME: ")
    assert message in done.stderr


def test_bench_prints_the_schema_of_the_engine(model, files) -> None:
    started = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    done = subprocess.run([*load_backend("tflite").host_programs().bench, str(model), "--input",
                           str(files / "x.npy"), *QUICK, "--threads", "2", "--profile"],
                          capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads(done.stdout)
    first, last = result["timed_boottime_ns"]
    assert (result["schema"], result["isa"], result["threads"]) == ("edgec-bench/1", "litert", 2)
    assert result["layers"] == []
    assert min(result["samples_ns"]) > 0
    assert started < first < first + sum(result["samples_ns"]) <= last
    assert result["memory"]["peak_rss_bytes"] > 2**20
    assert result["memory"]["constant_bytes"] == model.stat().st_size
