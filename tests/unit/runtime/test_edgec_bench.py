"""edgec-bench: the JSON that measurements are made from."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from edgec.target.toolchain import build_engine

QUICK = ("--warmup-s", "0.01", "--min-time-s", "0.01", "--max-time-s", "5")


def bench(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(build_engine().bench), *map(str, arguments)], capture_output=True,
                          text=True, check=False)


@pytest.fixture
def result(small_model):
    return json.loads(bench(small_model, *QUICK, "--profile", "--threads", 2).stdout)


def test_result_has_every_field_of_its_schema(result):
    assert set(result) == {"schema", "version", "abi", "model", "isa", "threads", "load_ns",
                           "first_ns", "warmup_iterations", "timed_boottime_ns", "samples_ns",
                           "layers", "roofline", "memory", "clock"}
    assert result["schema"] == "edgec-bench/1"
    assert result["clock"] == "CLOCK_MONOTONIC"
    assert result["threads"] == 2
    assert set(result["memory"]) == {"arena_bytes", "scratch_bytes", "constant_bytes",
                                     "peak_rss_bytes"}


def test_result_was_measured(result):
    assert result["load_ns"] > 0
    assert result["first_ns"] > 0
    assert result["warmup_iterations"] > 0
    assert min(result["samples_ns"]) > 0
    started_ns, ended_ns = result["timed_boottime_ns"]
    assert sum(result["samples_ns"]) <= ended_ns - started_ns <= 6e9
    assert result["memory"]["peak_rss_bytes"] > 100_000


def test_layers_are_those_of_the_model_with_their_medians(result):
    assert [layer["op"] for layer in result["layers"]] == ["lut_s8", "reshape"]
    assert set(result["layers"][0]) == {"name", "op", "kernel", "macs", "bytes", "median_ns",
                                        "roofline_ns", "bound"}
    assert result["layers"][0]["median_ns"] > 0
    assert [layer["bound"] for layer in result["layers"]] == ["memory", "memory"]


def test_roofline_was_measured(result):
    roofline = result["roofline"]
    assert roofline["s8_gmac_per_s"] > 0.1
    assert roofline["f32_gmac_per_s"] > 0.1
    assert [point["buffer_bytes"] for point in roofline["read"]] == [1 << 14, 1 << 18, 1 << 22,
                                                                     1 << 25]
    assert min(point["gb_per_s"] for point in roofline["read"]) > 0.1


def test_roofline_needs_no_model_and_keeps_to_the_instruction_set():
    document = json.loads(bench("--roofline", "--isa", "portable").stdout)
    assert set(document) == {"schema", "isa", "roofline"}
    assert document["isa"] == "portable"


def serve(model, lines: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(build_engine().bench), str(model), "--serve", *map(str, arguments)],
                          input=lines, capture_output=True, text=True, check=False)


def test_serve_greets_measures_when_told_and_parts(small_model):
    done = serve(small_model, "run 0.01\nrun 0\nquit\n")
    greeting, first, second, parting = map(json.loads, done.stdout.splitlines())
    assert greeting["outputs"] == []  # int8: no floats to tell
    assert greeting["load_ns"] > 0
    assert len(first["wall_ns"]) == len(first["cpu_ns"]) > 3
    assert len(second["wall_ns"]) == 3
    assert parting["peak_rss_bytes"] > 100_000
    assert done.returncode == 0


def test_serve_ends_with_its_input(small_model):
    assert serve(small_model, "").returncode == 0


@pytest.mark.parametrize("line", ["walk 1\n", "run\n", "run x\n", "run 1 2\n", "\n"])
def test_serve_refuses_a_line_it_does_not_know(small_model, line):
    done = serve(small_model, line)
    assert done.returncode == 1
    assert "'run SECONDS' or 'quit'" in done.stderr


def test_without_profile_there_are_no_layers(small_model):
    document = json.loads(bench(small_model, *QUICK).stdout)
    assert document["layers"] == []
    assert "roofline" not in document


def test_min_iterations_are_kept_when_the_time_is_too_short(small_model):
    done = bench(small_model, "--warmup-s", 0, "--min-time-s", 0, "--min-iterations", 37)
    assert len(json.loads(done.stdout)["samples_ns"]) == 37


def test_max_time_ends_a_measurement_that_wants_more(small_model):
    done = bench(small_model, "--warmup-s", 0, "--max-time-s", 0, "--min-iterations", 1000)
    assert len(json.loads(done.stdout)["samples_ns"]) == 1


def test_min_time_is_measured_for(small_model):
    done = bench(small_model, "--warmup-s", 0, "--min-time-s", 0.2, "--min-iterations", 1)
    # The rest of the time goes to the inputs and the clock, outside the samples.
    assert sum(json.loads(done.stdout)["samples_ns"]) > 0.01e9


def test_inputs_may_be_given(small_model, tmp_path: Path):
    np.save(tmp_path / "x.npy", np.zeros((2, 3), np.int8))
    assert bench(small_model, *QUICK, "--input", tmp_path / "x.npy").returncode == 0


@pytest.mark.parametrize(("arguments", "message"), [
    ((), "no model given"),
    (("/nonexistent.edgec",), "EDGEC_E_OPEN"),
    (("{model}", "--min-time-s", "-1"), "--min-time-s is '-1'"),
    (("{model}", "--min-iterations", "0"), "--min-iterations is '0'"),
    (("{model}", "--input", "{model}"), "is not a .npy file"),
    (("--serve",), "no model given"),
    (("--roofline", "--isa", "neo"), "there is no instruction set 'neo'"),
    (("{model}", "--info"), "unknown argument '--info'"),
])
def test_a_mistake_is_one_line_and_exit_code_1(small_model, arguments, message):
    done = bench(*(a.format(model=small_model) for a in arguments))
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("edgec-bench: EDGEC_E_")
    assert done.stderr.count("\n") == 1


@pytest.fixture
def exit_bench(exit_model, tmp_path):
    np.save(tmp_path / "x.npy", np.array([[9, 0, 0, 0], [0, 0, 0, 0]], np.float32))
    return json.loads(bench(exit_model, *QUICK, "--input", tmp_path / "x.npy").stdout)


def test_samples_of_a_file_are_run_in_turn_and_every_answer_is_told(exit_bench):
    assert exit_bench["output_names"] == ["y", "e"]
    assert len(exit_bench["answers"]) == len(exit_bench["samples_ns"])
    assert set(exit_bench["answers"]) == {1}
