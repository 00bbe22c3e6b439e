"""Data that fits is cut into runs; data that does not fit is refused with what was found."""

from __future__ import annotations

import numpy as np
import pytest

from edgec.errors import DataError
from edgec.model.data import InputSpec, input_specs, load_batches
from tests.unit.model import nets

IMAGE = (InputSpec("image", (1, 2, 3), np.dtype(np.float32)),)
TEXT = (InputSpec("ids", (2, 4), np.dtype(np.int64)), InputSpec("mask", (2, 4), np.dtype(np.int64)))


def yields_dicts():
    for start in (0, 4):
        ids = np.arange(start, start + 4)[:, None].repeat(4, 1)
        yield {"ids": ids, "mask": np.ones((4, 4), np.int32)}


def yields_arrays():
    import torch

    yield torch.ones(2, 2, 3)
    yield np.zeros((1, 2, 3), np.float32)


def yields_nothing():
    return iter(())


def returns_number():
    return 3


def test_specs_are_the_model_s_inputs():
    assert [str(spec) for spec in input_specs(nets.exported("Encoder"))] == [
        "input_ids: int64[1, 7]", "attention_mask: int64[1, 7]"]


def test_npz_with_one_array_of_any_name_feeds_a_model_with_one_input(tmp_path):
    np.savez(tmp_path / "d.npz", whatever=np.arange(30, dtype=np.float32).reshape(5, 2, 3))
    batches = load_batches(tmp_path / "d.npz", IMAGE)
    assert len(batches) == 5
    assert batches[4]["image"].shape == (1, 2, 3)
    assert batches[4]["image"][0, 0, 0] == 24.0


def test_npy_with_a_run_axis_in_front_is_cut_along_it(tmp_path):
    np.save(tmp_path / "d.npy", np.ones((4, 1, 2, 3), np.float64))
    batches = load_batches(tmp_path / "d.npy", IMAGE, limit=3)
    assert [b["image"].dtype for b in batches] == [np.float32] * 3


def test_batches_of_a_callable_are_cut_to_the_model_s_batch():
    batches = load_batches(f"{__name__}:yields_dicts", TEXT)
    assert len(batches) == 4
    assert [int(b["ids"][0, 0]) for b in batches] == [0, 2, 4, 6]
    assert batches[0]["mask"].dtype == np.int64


def test_arrays_and_tensors_of_a_callable_feed_a_single_input():
    assert len(load_batches(f"{__name__}:yields_arrays", IMAGE)) == 3


def refused(spec, inputs, text):
    with pytest.raises(DataError, match=text):
        load_batches(spec, inputs)


@pytest.mark.parametrize(("array", "text"), [
    (np.zeros((0, 2, 3), np.float32), "holds no samples"),
    (np.zeros((4, 3, 2), np.float32), r"has the shape \[4, 3, 2\]; the model takes \[1, 2, 3\], "
                                      r"so give \[N, 2, 3\]"),
    (np.zeros(6, np.float32), r"has the shape \[6\]"),
    (np.float32(1), r"has the shape \[\]"),
    (np.zeros((4, 2, 3), np.uint8), "is uint8; the model takes float32. Convert it"),
    (np.full((4, 2, 3), "a"), "is <U1; the model takes float32"),
])
def test_arrays_that_do_not_fit_are_refused(tmp_path, array, text):
    np.save(tmp_path / "d.npy", array)
    refused(tmp_path / "d.npy", IMAGE, text)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_the_sample_with_a_value_that_is_not_finite_is_named(tmp_path, value):
    array = np.zeros((4, 2, 3), np.float32)
    array[2, 1, 1] = value
    np.save(tmp_path / "d.npy", array)
    refused(tmp_path / "d.npy", IMAGE, f"sample 2 of input 'image' holds 1 value.*first {value}")


def test_floats_that_overflow_the_model_s_type_are_refused(tmp_path):
    np.save(tmp_path / "d.npy", np.full((1, 2, 3), 1e300))
    refused(tmp_path / "d.npy", IMAGE, "not finite")


def test_integers_that_do_not_fit_the_model_s_type_are_refused(tmp_path):
    np.save(tmp_path / "d.npy", np.full((1, 2), 300))
    refused(tmp_path / "d.npy", (InputSpec("x", (1, 2), np.dtype(np.uint8)),), "is int64")


@pytest.mark.parametrize(("arrays", "text"), [
    ({"ids": np.zeros((2, 4), int)}, "has arrays named ids; the model's inputs are ids, mask"),
    ({"ids": np.zeros((2, 4), int), "mask": np.zeros((2, 4), int), "y": np.zeros(2)},
     "arrays named ids, mask, y"),
    ({"ids": np.zeros((2, 4), int), "mask": np.zeros((4, 4), int)},
     "different numbers of samples: 1 for ids, 2 for mask"),
    ({"ids": np.zeros((3, 4), int), "mask": np.zeros((3, 4), int)},
     "has 3 samples, which the model's batch of 2 does not divide"),
])
def test_npz_with_wrong_names_or_counts_is_refused(tmp_path, arrays, text):
    np.savez(tmp_path / "d.npz", **arrays)
    refused(tmp_path / "d.npz", TEXT, text)


def test_one_array_for_two_inputs_is_refused(tmp_path):
    np.save(tmp_path / "d.npy", np.zeros((2, 4), int))
    refused(tmp_path / "d.npy", TEXT, "one array for a model with 2 inputs: ids, mask")


def test_pickled_arrays_are_refused(tmp_path):
    np.save(tmp_path / "d.npy", np.array([{}], dtype=object), allow_pickle=True)
    refused(tmp_path / "d.npy", IMAGE, "pickled objects are refused")
    np.savez(tmp_path / "d.npz", image=np.array([{}], dtype=object))
    refused(tmp_path / "d.npz", IMAGE, "pickled objects are refused")


@pytest.mark.parametrize("content", [b"", b"some text", b"PK\x03\x04broken", b"\x93NUMPY\x01\x00"])
def test_files_that_are_not_numpy_are_refused(tmp_path, content):
    (tmp_path / "d.npz").write_bytes(content)
    refused(tmp_path / "d.npz", IMAGE, "is not a numpy file")


def test_a_header_that_claims_more_than_the_file_holds_is_refused(tmp_path):
    np.save(tmp_path / "d.npy", np.zeros((4, 2, 3), np.float32))
    data = (tmp_path / "d.npy").read_bytes().replace(b"(4, 2, 3)", b"(99999999999999, 2, 3)")
    (tmp_path / "d.npy").write_bytes(data)
    refused(tmp_path / "d.npy", IMAGE, "is not a numpy file")


@pytest.mark.parametrize(("spec", "text"), [
    ("gone.npz", "there is no data file gone.npz"),
    (".", "cannot read the data"),
    ("nowhere_at_all:data", "cannot import the module 'nowhere_at_all'"),
    (f"{__name__}:nothing_here", "has no callable 'nothing_here'"),
    (f"{__name__}:yields_nothing", "holds no samples. Give at least one"),
    (f"{__name__}:returns_number", "returned int. It must yield batches"),
])
def test_specs_that_name_no_data_are_refused(spec, text):
    refused(spec, IMAGE, text)
