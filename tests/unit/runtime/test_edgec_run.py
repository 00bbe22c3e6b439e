"""edgec-run, the program that is put on boards: arguments, files, exit codes."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from edgec.target.toolchain import build_engine

X = np.array([[-128, -1, 0], [1, 64, 127]], np.int8)
Y = (X.astype(np.int32).reshape(6) + 128).astype(np.uint8).view(np.int8)


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(build_engine().run), *map(str, arguments)], capture_output=True,
                          text=True, check=False)


@pytest.fixture
def x(tmp_path: Path) -> Path:
    np.save(tmp_path / "x.npy", X)
    return tmp_path / "x.npy"


def test_output_is_written_as_numpy_reads_it(small_model, x, tmp_path):
    done = run(small_model, "--input", x, "--output", tmp_path / "y.npy")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    y = np.load(tmp_path / "y.npy")
    assert y.dtype == np.int8
    np.testing.assert_array_equal(y, Y)


def test_expect_equal_exits_with_0(small_model, x, tmp_path):
    np.save(tmp_path / "y.npy", Y)
    assert run(small_model, "--input", x, "--expect", tmp_path / "y.npy").returncode == 0


def test_expect_different_exits_with_2_and_says_where(small_model, x, tmp_path):
    wrong = Y.copy()
    wrong[4] -= 3
    np.save(tmp_path / "y.npy", wrong)
    done = run(small_model, "--input", x, "--expect", tmp_path / "y.npy")
    assert done.returncode == 2
    assert done.stderr == (f"edgec-run: output 0 'y': 1 values differ by more than 0, by up to 3; "
                           f"the first, at 4, is {Y[4]} and should be {wrong[4]}\n")
    assert run(small_model, "--input", x, "--expect", tmp_path / "y.npy", "--tolerance",
               3).returncode == 0


@pytest.mark.parametrize("options", [("--threads", 3), ("--isa", "portable")])
def test_threads_and_isa_do_not_change_the_result(small_model, x, tmp_path, options):
    np.save(tmp_path / "y.npy", Y)
    assert run(small_model, "--input", x, "--expect", tmp_path / "y.npy", *options).returncode == 0


def test_several_samples_in_one_file_run_one_after_the_other(small_model, tmp_path):
    np.save(tmp_path / "x.npy", np.concatenate([X, -X // 2, X]))
    assert run(small_model, "--input", tmp_path / "x.npy", "--output",
               tmp_path / "y.npy").returncode == 0
    y = np.load(tmp_path / "y.npy")
    assert y.shape == (18,)
    np.testing.assert_array_equal(y[12:], Y)
    assert not (y[6:12] == Y).all()


def test_info_describes_the_model(small_model):
    info = json.loads(run(small_model, "--info", "--isa", "portable").stdout)
    assert set(info) == {"abi", "version", "model", "isa", "threads", "inputs", "outputs", "layers",
                         "memory"}
    assert info["isa"] == "portable"
    assert info["inputs"] == [{"name": "x", "dtype": "int8", "shape": [2, 3], "bytes": 6,
                               "scale": 1, "zero_point": 0}]
    assert [layer["op"] for layer in info["layers"]] == ["lut_s8", "reshape"]
    assert info["memory"]["constant_bytes"] == 256


def test_list_isa_needs_no_model_and_starts_with_portable():
    assert run("--list-isa").stdout.splitlines()[0] == "portable"


def test_help_names_every_option():
    text = run("--help").stdout
    assert all(option in text for option in ("--input", "--output", "--expect", "--tolerance",
                                             "--threads", "--isa", "--info", "--list-isa"))


@pytest.mark.parametrize(("arguments", "message"), [
    ((), "no model given"),
    (("{model}", "--threads", "0"), "--threads is '0', allowed are 1 to 256"),
    (("{model}", "--threads", "2x"), "--threads is '2x'"),
    (("{model}", "--tolerance", "nan"), "--tolerance is 'nan'"),
    (("{model}", "--isa", "sse9"), "EDGEC_E_ISA"),
    (("{model}", "--input"), "--input needs a value"),
    (("{model}", "--bogus"), "unknown argument '--bogus'"),
    (("{model}", "second.edgec"), "unknown argument 'second.edgec'"),
    (("{model}",), "0 --input given, the model has 1 inputs"),
    (("/nonexistent.edgec",), "EDGEC_E_OPEN: cannot open '/nonexistent.edgec'"),
    (("{model}", "--input", "{x}", "--input", "{x}"), "2 --input given"),
    (("{model}", "--input", "{model}"), "is not a .npy file"),
    (("{model}", "--input", "{x}", "--output", "/nonexistent/y.npy"), "cannot write"),
    (("{model}", "--input", "{x}", "--output", "a", "--output", "b"), "the model has 1 outputs"),
    (("{model}", "--input", "{x}", "--expect", "{x}"), "output 0 'y' is [6] int8"),
])
def test_a_mistake_is_one_line_and_exit_code_1(small_model, x, arguments, message):
    done = run(*(a.format(model=small_model, x=x) for a in arguments))
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stderr.startswith("edgec-run: EDGEC_E_")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("array", "message"), [
    (X.astype(np.float64), "must be in C order"),
    (X.astype(">i4"), "must be in C order"),
    (np.asfortranarray(X), "must be in C order"),
    (X.astype(np.int32), "is [2,3] int32, input 0 'x' is [2,3] int8"),
    (X.reshape(6), "is [6] int8, input 0 'x' is [2,3] int8"),
    (X.reshape(1, 1, 1, 1, 1, 2, 3), "up to 6 dims"),
    (np.zeros((2, 0), np.int8), "is [2,0] int8"),
], ids=["float64", "big-endian", "fortran", "type", "shape", "rank", "empty"])
def test_an_array_that_does_not_fit_is_refused(small_model, tmp_path, array, message):
    np.save(tmp_path / "x.npy", array)
    done = run(small_model, "--input", tmp_path / "x.npy")
    assert done.returncode == 1
    assert message in done.stderr


def test_every_prefix_of_an_array_file_is_refused(small_model, x, tmp_path):
    whole = x.read_bytes()
    cut = tmp_path / "cut.npy"
    for size in range(0, len(whole), 7):
        cut.write_bytes(whole[:size])
        done = run(small_model, "--input", cut)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), size


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_the_npy_format_is_read(small_model, tmp_path, version):
    with (tmp_path / "x.npy").open("wb") as file:
        np.lib.format.write_array(file, X, version=version)
    np.save(tmp_path / "y.npy", Y)
    assert run(small_model, "--input", tmp_path / "x.npy", "--expect",
               tmp_path / "y.npy").returncode == 0


def test_answers_name_the_output_that_holds_the_answer_of_each_run(exit_model, x, small_model,
                                                                   tmp_path):
    np.save(tmp_path / "two.npy", np.ones((2, 4), np.float32))
    assert run(exit_model, "--input", tmp_path / "two.npy", "--answers",
               tmp_path / "a.npy").returncode == 0
    assert np.load(tmp_path / "a.npy").tolist() == [1, 1]
    assert run(small_model, "--input", x, "--answers", tmp_path / "a.npy").returncode == 0
    assert np.load(tmp_path / "a.npy").tolist() == [0]
