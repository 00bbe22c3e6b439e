"""Block sparsity as a user sees it: what is zeroed, what the engine skips, what stays zero."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest

from edgec import pipeline
from edgec.compress.method import Given, run
from edgec.compress.methods.quantize import Quantize
from edgec.compress.methods.sparsify import Sparsify
from edgec.compress.sparsity.report import SparsifyReport
from edgec.errors import MethodError
from edgec.format import read
from edgec.target.target import load_target
from tests.unit.compress.float_models import Array, from_text, images, normal
from tests.unit.compress.trained import task, trained

PLAIN = Sparsify(epochs=0, criterion="obs")
GIVEN = Given(data=tuple(task(64, 8).train.runs()))


def net(seed: int = 0) -> ir.Model:
    """A stem, a 1x1, a dilated and a strided 3x3 whose channels are no multiple of 4, a matrix."""
    rng = np.random.default_rng(seed)
    weights = {"w0": normal(rng, 22, 3, 3, 3), "w1": normal(rng, 40, 22, 1, 1),
               "w2": normal(rng, 22, 40, 3, 3), "w3": normal(rng, 30, 22, 3, 3),
               "w4": normal(rng, 50, 30 * 4), "b1": np.ones(40, np.float32),
               "b4": np.ones(50, np.float32)}
    return from_text("""
        net (float[1,3,8,8] x) => (float[1,50] y) {
            [stem] c0 = Conv <pads = [1,1,1,1], strides = [2,2]> (x, w0)
            a0 = Relu (c0)
            [point] c1 = Conv (a0, w1, b1)
            a1 = Relu (c1)
            [dilated] c2 = Conv <pads = [2,2,2,2], dilations = [2,2]> (a1, w2)
            a2 = Relu (c2)
            [strided] c3 = Conv <pads = [1,1,1,1], strides = [2,2]> (a2, w3)
            a3 = Relu (c3)
            f = Flatten (a3)
            [head] y = Gemm <transB = 1> (f, w4, b4)
        }""", weights)


SEEN = Given(data=tuple(images(12)))


def sparse(method: Sparsify, model: ir.Model,
           given: Given = GIVEN) -> tuple[ir.Model, SparsifyReport]:
    result = run(method, model, given)
    assert isinstance(result.report, SparsifyReport)
    return result.model, result.report


def weight(model: ir.Model, name: str) -> Array:
    value = model.graph.initializers[name].const_value
    assert value is not None
    return value.numpy()


@pytest.mark.parametrize("board", ["generic_x86_64_avx512vnni", "generic_x86_64",
                                   "raspberry_pi_5", "raspberry_pi_4", "raspberry_pi_3"])
def test_blocks_that_are_zero_are_the_blocks_that_the_lowered_file_lacks(
        board: str, tmp_path: Path) -> None:
    """Every layer that is said to be sparse is, with as many blocks as the report counts."""
    target = load_target(board)
    model, report = sparse(PLAIN, net(), replace(SEEN, target=target))
    quantized = run(Quantize(min_sqnr_db=-99.0), model, SEEN).model
    bundle, _ = pipeline.lower_model(quantized, tmp_path / "b", name="b", target=target)
    stored = read(bundle.artifact_path.read_bytes())
    kept = [tensor.dims[0] for tensor in stored.tensors if tensor.layout == "s8_block"]
    assert all(row.stored.startswith("sparse") for row in report.layers)
    assert kept == [row.kept for row in report.layers]
    assert [row.name for row in report.layers] == ["point", "dilated", "strided", "head"]


@pytest.mark.parametrize("rounding", ["nearest", "feedback"])
def test_quantize_keeps_zeros(rounding: str) -> None:
    model, _ = sparse(PLAIN, net(), SEEN)
    quantized = run(Quantize(rounding=rounding, min_sqnr_db=-99.0), model, SEEN).model
    zeros = {name: weight(model, name) == 0 for name in ("w1", "w2", "w3", "w4")}
    integers = {a.shape: a for v in quantized.graph.initializers.values()
                if v.const_value is not None for a in [v.const_value.numpy()]
                if a.dtype == np.int8 and a.ndim > 1}
    for zero in zeros.values():
        assert zero.mean() > 0.6
        assert not integers[zero.shape][zero].any()


def test_two_passes_zero_as_much_as_one() -> None:
    method = replace(PLAIN, sparsity=0.75, include=("*",), exclude=("head",))
    passes = method.twice()
    assert passes is not None
    assert [p.sparsity for p in passes] == [0.5, 0.75]
    once, _ = sparse(method, net(), SEEN)
    model, _ = sparse(passes[0], net(), SEEN)
    twice, _ = sparse(passes[1], model, SEEN)
    for name in ("w1", "w2", "w3"):
        shares = [(weight(m, name) == 0).mean() for m in (twice, once)]
        assert shares[0] == pytest.approx(shares[1], abs=0.06)  # blocks at an edge are smaller
        assert not weight(twice, name)[weight(model, name) == 0].any()


def test_a_fixed_share_of_zeros_is_reached_in_one_pass() -> None:
    assert Sparsify(pattern="2:4").twice() is None


def test_two_passes_train_as_long_as_one() -> None:
    passes = Sparsify(epochs=6).twice()
    assert passes is not None
    assert sum(p.epochs for p in passes) == 6


def test_a_method_that_trains_later_keeps_zeros() -> None:
    model, _ = sparse(replace(PLAIN, include=("wide",)), trained())
    later, _ = sparse(Sparsify(include=("narrow",), epochs=2), model, Given(task=task(128, 64)))
    before, after = weight(model, "w1"), weight(later, "w1")
    np.testing.assert_array_equal(after == 0, before == 0)
    assert (after != before).any()


@pytest.mark.parametrize("steps", [1, 2])
def test_training_of_its_own_keeps_the_share_of_zeros(steps: int) -> None:
    given = Given(task=task(128, 32))
    _, report = sparse(Sparsify(sparsity=0.5, epochs=2, steps=steps), trained(), given)
    assert len(report.steps) == steps
    assert [row.kept for row in report.layers] == [row.cells // 2 for row in report.layers]


def signal(method: Sparsify, seed: int) -> float:
    report = sparse(method, net(seed), SEEN)[1]
    return report.layers[-1].sqnr_db


@pytest.mark.parametrize("seed", range(3))
def test_solving_for_what_is_left_keeps_more_of_the_output(seed: int) -> None:
    method = replace(PLAIN, pattern="4x4", sparsity=0.5)
    none = signal(replace(method, criterion="wanda", update="none"), seed)
    passed_on = signal(replace(method, update="sparsegpt"), seed)
    solved = signal(replace(method, update="lstsq"), seed)
    assert none < passed_on < solved


@pytest.mark.parametrize("seed", range(3))
def test_stages_make_up_for_the_layers_before(seed: int) -> None:
    method = replace(PLAIN, pattern="4x4", sparsity=0.5)
    assert signal(replace(method, stages=0), seed) > signal(replace(method, stages=1), seed)


@pytest.mark.parametrize("criterion", ["magnitude", "wanda", "obs", "taylor", "movement"])
def test_every_criterion_zeroes_the_share_that_was_asked_for(criterion: str) -> None:
    given = Given(task=task(64, 8))
    method = replace(PLAIN, criterion=criterion, update="none", pattern="4x8", sparsity=0.5)
    _, report = sparse(method, trained(), given)
    assert [row.kept for row in report.layers] == [row.cells // 2 for row in report.layers]


def test_two_of_four_keeps_two_of_every_four() -> None:
    model, report = sparse(replace(PLAIN, pattern="2:4"), trained())
    rows = weight(model, "w3").reshape(16, -1, 4)
    assert ((rows != 0).sum(axis=2) == 2).all()
    assert report.notes == ("2:4 zeros make a packed file smaller and nothing faster: the engine "
                            "skips whole blocks only",)


def test_unstructured_is_stored_dense_and_said_to_be() -> None:
    _, report = sparse(replace(PLAIN, pattern="unstructured", include=("wide",)), trained())
    assert report.layers[0].zeros == pytest.approx(0.75)
    assert report.layers[0].stored.startswith("dense: ")
    assert report.notes[0].startswith("unstructured zeros make")


def test_the_layer_that_reads_the_input_is_sparse_where_it_is_named() -> None:
    model, report = sparse(replace(PLAIN, include=("stem",), pattern="4x4"), trained())
    assert [row.name for row in report.layers] == ["stem"]
    assert (weight(model, "w0") == 0).mean() > 0.6


def test_with_global_layers_lose_different_shares() -> None:
    method = replace(PLAIN, within="global", sparsity=0.6, most=0.9, pattern="4x4")
    _, report = sparse(method, net(), SEEN)
    gone = [1 - row.kept / row.cells for row in report.layers]
    assert max(gone) - min(gone) > 0.05
    assert sum(row.cells - row.kept for row in report.layers) == pytest.approx(
        0.6 * sum(row.cells for row in report.layers), rel=0.02)


def test_layers_that_stay_dense_are_listed_with_the_reason() -> None:
    _, report = sparse(replace(PLAIN, exclude=("head",)), trained())
    assert report.dense == {
        "stem": "it reads the model's input; include it by name to make it sparse",
        "deep": "it has groups (or is depthwise), and the engine has no sparse form for that",
        "head": "it is excluded by 'head'"}


def test_no_layer_is_made_sparse_that_would_be_no_faster() -> None:
    with pytest.raises(MethodError, match=r"no layer can be sparse:(.|\n)*wide: with 25% of its "
                       r"blocks zero it would be no faster; break-even is 33%"):
        run(replace(PLAIN, sparsity=0.25), trained(), GIVEN)


def test_a_step_that_costs_too_much_is_undone() -> None:
    model, given = trained(), Given(task=task(128, 64))
    method = replace(PLAIN, criterion="magnitude", update="none", sparsity=0.9, max_drop=0.1)
    kept, report = sparse(method, model, given)
    assert report.steps[-1].rolled_back
    assert report.notes == ("step 1 lowered validation by more than 0.1 and was undone",)
    np.testing.assert_array_equal(weight(kept, "w1"), weight(model, "w1"))


@pytest.mark.parametrize(("options", "message"), [
    ({"sparsity": 1.0}, r"sparsity is 1\.0; it must be above 0 and below 1\."),
    ({"sparsity": 0.0}, r"sparsity is 0\.0; it must be above 0 and below 1\."),
    ({"pattern": "3x3"}, r"pattern is '3x3'; it must be auto, 4x4, 4x8, 4x16, n:m with n below m, "
     r"or unstructured\."),
    ({"update": "magic"}, r"update is 'magic'; it must be one of none, sparsegpt, lstsq\."),
    ({"within": "town"}, r"within is 'town'; it must be one of layer, row, global\."),
    ({"criterion": "ablation"}, r"criterion is 'ablation'; it must be one of .*magnitude.*"),
    ({"criterion": "taylor"}, r"the criterion taylor needs labelled samples\."),
    ({"steps": 0}, r"steps is 0; it must be 1 or more\."),
    ({"stages": -1}, r"stages is -1; it must be 0 or more\."),
    ({"most": 1.0}, r"most is 1\.0; it must be above 0 and below 1\."),
    ({"max_drop": 0.1}, r"max_drop is 0\.1 and there are no labelled samples to judge by\."),
    ({"epochs": 2}, r"epochs is 2 and there are no labelled samples\."),
    ({"exclude": ("*",)}, r"no layer can be sparse:")])
def test_bad_options_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(MethodError, match=message):
        run(Sparsify.from_options({"epochs": 0} | options), trained(), GIVEN)


def test_a_quantized_model_is_refused() -> None:
    quantized = run(Quantize(), net(), SEEN).model
    with pytest.raises(MethodError, match="Sparsify the float model, then quantize"):
        run(PLAIN, quantized, SEEN)


def test_a_model_without_layers_is_refused() -> None:
    model = from_text("none (float[1,4] x) => (float[1,4] y) { y = Relu (x) }", {})
    with pytest.raises(MethodError, match="the model has no layer with weights"):
        run(PLAIN, model, Given(data=({"x": np.zeros((1, 4), np.float32)},)))
