import re
import subprocess
import sys
import threading
from pathlib import Path

import edgec_rt
import numpy as np
import pytest
from edgec_rt import _abi

ROOT = Path(__file__).resolve().parents[3]
# The table of valid.edgec holds 0, 1, ..., 255: x is mapped to x + 128 modulo 256.
X = np.array([[-128, -1, 0], [1, 64, 127]], np.int8)
Y = (X.astype(np.int32).reshape(6) + 128).astype(np.uint8).view(np.int8)


@pytest.fixture
def model(small_model: Path, library: Path):
    with edgec_rt.Model(small_model, library=library) as loaded:
        yield loaded


def test_model_describes_its_inputs_and_outputs(model):
    assert model.name == "malformed"
    assert model.inputs == (edgec_rt.TensorInfo("x", np.dtype(np.int8), (2, 3), 1.0, 0),)
    assert model.outputs[0].shape == (6,)


@pytest.mark.parametrize("feeds", [X, [X], (X,), {"x": X}], ids=["array", "list", "tuple", "dict"])
def test_run_takes_every_form_of_feeds(model, feeds):
    [y] = model.run(feeds)
    np.testing.assert_array_equal(y, Y)


def test_run_takes_arrays_that_are_not_contiguous(model):
    spread = np.zeros((3, 4), np.int8)
    spread.T[:2, :3] = X[:, :]
    [y] = model.run(spread.T[:2, :3])
    np.testing.assert_array_equal(y, Y)


def test_run_outputs_are_copies_that_the_next_run_leaves_alone(model):
    [first] = model.run(X)
    model.run(np.zeros_like(X))
    np.testing.assert_array_equal(first, Y)


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_and_isa_give_the_same_result(small_model, library, threads):
    with edgec_rt.Model(small_model, threads=threads, isa="portable", library=library) as model:
        np.testing.assert_array_equal(model.run(X)[0], Y)


def test_runs_from_several_threads_do_not_mix(model):
    wrong = []

    def work(value: int) -> None:
        x = np.full((2, 3), value, np.int8)
        expected = np.uint8(value + 128).view(np.int8)
        wrong.extend(1 for _ in range(300) if not (model.run(x)[0] == expected).all())

    workers = [threading.Thread(target=work, args=(value,)) for value in (-5, 7, 100)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []


@pytest.mark.parametrize(("feeds", "message"), [
    (X.astype(np.float32), "input 'x' is float32 (2, 3), it must be int8 (2, 3)"),
    (X.reshape(3, 2), "input 'x' is int8 (3, 2), it must be int8 (2, 3)"),
    ([X, X], "2 inputs were given, the model has 1"),
    ({"z": X}, "inputs named ['z'] were given, the model has ['x']"),
], ids=["type", "shape", "count", "name"])
def test_run_refuses_feeds_that_do_not_fit(model, feeds, message):
    with pytest.raises(edgec_rt.EngineError, match=re.escape(message)):
        model.run(feeds)


def test_profile_lists_the_layers_with_their_times(model):
    layers = model.profile()
    assert [layer.op for layer in layers] == ["lut_s8", "reshape"]
    assert layers[0].bytes == 6 + 256 + 6
    assert layers[0].time_ns > 0


def test_a_closed_model_refuses_to_run(small_model, library):
    model = edgec_rt.Model(small_model, library=library)
    model.close()
    model.close()
    with pytest.raises(edgec_rt.EngineError, match="closed"):
        model.run(X)


def test_a_missing_file_is_the_engines_open_error(library):
    with pytest.raises(edgec_rt.EngineError, match=r"/nonexistent\.edgec") as caught:
        edgec_rt.Model("/nonexistent.edgec", library=library)
    assert caught.value.status == "EDGEC_E_OPEN"


def test_an_unknown_isa_is_refused(small_model, library):
    with pytest.raises(edgec_rt.EngineError, match="sse9") as caught:
        edgec_rt.Model(small_model, isa="sse9", library=library)
    assert caught.value.status == "EDGEC_E_ISA"


def test_threads_out_of_range_are_refused(small_model, library):
    with pytest.raises(edgec_rt.EngineError, match="threads is 0"):
        edgec_rt.Model(small_model, threads=0, library=library)


def test_the_library_is_found_in_its_folder_and_by_the_environment(small_model, library,
                                                                   monkeypatch):
    edgec_rt.Model(small_model, library=library.parent).close()
    monkeypatch.setenv("EDGEC_LIBRARY", str(library))
    edgec_rt.Model(small_model).close()


def test_a_missing_library_says_what_to_do(small_model, tmp_path):
    with pytest.raises(edgec_rt.EngineError, match="EDGEC_LIBRARY"):
        edgec_rt.Model(small_model, library=tmp_path / "libedgec.so")


def test_another_library_is_not_taken_for_the_engine(small_model):
    with pytest.raises(edgec_rt.EngineError, match="is not the edgec engine"):
        edgec_rt.Model(small_model, library="libc.so.6")


def test_the_abi_version_is_the_headers():
    header = (ROOT / "cpp" / "include" / "edgec" / "edgec.h").read_text()
    [version] = re.findall(r"#define EDGEC_ABI_VERSION (\d+)", header)
    assert int(version) == _abi.ABI_VERSION


def test_the_binding_never_imports_edgec():
    code = ("import sys, edgec_rt; "
            "sys.exit(any(name.split('.')[0] == 'edgec' for name in sys.modules))")
    subprocess.run([sys.executable, "-c", code], cwd=ROOT / "runtime", check=True)


def test_answer_is_the_output_of_the_exit_that_was_taken(exit_model, library):
    with edgec_rt.Model(exit_model, library=library) as model:
        end, early = model.run(np.full((1, 4), 3, np.float32))
        assert model.answer == 1
        assert early.tolist() == [[3, 3, 3, 3]]
        assert not end.any()
