"""Groups: what must go together, and that removing it is the same as making it zero."""

from __future__ import annotations

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgec.compress.channels.cost import COSTS
from edgec.compress.channels.groups import find_groups
from edgec.compress.channels.remove import remove
from edgec.compress.criterion import Unit
from edgec.errors import MethodError
from edgec.model.inspect import inspect_model
from edgec.model.onnxruntime import run_onnx
from tests.unit.compress.channels import nets
from tests.unit.compress.float_models import cnn, encoder, from_text, normal

IMAGE = (1, 3, nets.SIZE, nets.SIZE)


def without(model: ir.Model, units: list[Unit]) -> ir.Model:
    """The model with the weights of these units at zero, in its old shape."""
    copy = model.clone()
    for unit in units:
        for s in unit.slices:
            value = copy.graph.initializers[s.name]
            assert value.const_value is not None
            array = value.const_value.numpy().copy()
            array[(slice(None),) * s.axis + (list(s.indices),)] = 0
            value.const_value = ir.tensor(array, name=s.name)
    return copy


def some_units(model: ir.Model, seed: int) -> list[Unit]:
    """Some units of every group, never all."""
    rng = np.random.default_rng(seed)
    found = []
    for group in find_groups(model).groups:
        count = int(rng.integers(0, len(group.units)))
        found += [group.units[i] for i in rng.permutation(len(group.units))[:count]]
    return found


def agree_on_zeroing_and_removing(model: ir.Model, seed: int) -> None:
    units = some_units(model, seed)
    rng = np.random.default_rng(seed)
    shape = [int(d) for d in model.graph.inputs[0].shape or ()]
    x = {"x": rng.normal(size=shape).astype(np.float32)}
    removed = remove(model, units)
    onnx.checker.check_model(ir.to_proto(removed), full_check=True)
    zeroed, small = run_onnx(without(model, units), x)["y"], run_onnx(removed, x)["y"]
    np.testing.assert_allclose(small, zeroed, atol=1e-5, rtol=1e-5)
    for name, cost in COSTS.items():
        assert cost(model, units) == cost(removed, ()), name


def groups_of(model: ir.Model) -> dict[tuple[str, ...], tuple[int, int]]:
    """By the weights that make it: units and width of every group."""
    weight = {str(n.name): str(n.inputs[1].name) for n in model.graph
              if len(n.inputs) > 1 and n.inputs[1] is not None}
    return {tuple(weight[name] for name in g.layers): (len(g.units), g.width)
            for g in find_groups(model).groups}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**16), st.lists(st.sampled_from(nets.BLOCKS), min_size=1, max_size=4),
       st.sampled_from(nets.HEADS))
def test_removed_channels_of_random_cnns_are_as_good_as_zero(seed, blocks, head) -> None:
    agree_on_zeroing_and_removing(nets.image_net(seed, blocks, head), seed)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**16), st.lists(st.sampled_from(nets.TOKEN_BLOCKS), min_size=1, max_size=3))
def test_removed_heads_and_neurons_of_random_transformers_are_as_good_as_zero(seed,
                                                                              blocks) -> None:
    agree_on_zeroing_and_removing(nets.token_net(seed, blocks), seed)


@pytest.mark.parametrize("block", [*nets.BLOCKS], ids=lambda b: b.__name__)
def test_every_block_that_is_known_has_something_to_remove(block) -> None:
    model = nets.image_net(0, [block], nets.pooled_head)
    inner = {k.layer for k in find_groups(model).kept if k.channels == k.of}
    convs = [str(n.name) for n in model.graph if n.op_type == "Conv"]
    stuck = {name for name in convs[1:] if name in inner}
    assert bool(stuck) == (block in (nets.unknown, nets.picked))


def test_batch_normalization_depthwise_and_residual_layers_go_together() -> None:
    assert groups_of(cnn()) == {("w0", "w3"): (8, 1), ("w1", "w2"): (16, 1)}


def test_query_and_key_of_one_head_share_their_width() -> None:
    assert groups_of(encoder(width=16)) == {("wq", "wk"): (16, 1), ("w1",): (64, 1)}


@pytest.mark.parametrize(("block", "units", "width", "layers"), [
    (nets.attention, 4, 3, 3), (nets.fused_attention, 3, 12, 1), (nets.shared_keys, 3, 4, 3)],
    ids=["separate", "fused", "shared keys"])
def test_the_units_of_attention_are_whole_heads(block, units, width, layers) -> None:
    groups = find_groups(nets.token_net(0, [block])).groups
    heads = [g for g in groups if g.width > 1]
    assert [(len(g.units), g.width, len(g.layers)) for g in heads] == [(units, width, layers)]


def test_the_two_inputs_of_a_concat_are_separate_groups() -> None:
    model = nets.image_net(0, [nets.dense], nets.pooled_head)
    assert sorted(len(g.units) for g in find_groups(model).groups) == [5, 8]


def test_a_group_convolution_loses_whole_groups() -> None:
    model = nets.image_net(0, [nets.grouped], nets.pooled_head)
    group = next(g for g in find_groups(model).groups if g.width == 3)
    smaller = remove(model, list(group.units[:1]))
    conv = next(n for n in smaller.graph if n.attributes.get_int("group", 1) > 1)
    assert conv.attributes.get_int("group", 1) == 3


@pytest.mark.parametrize(("text", "reason"), [
    ("y = Conv (x, w)", "y is an output of the model"),
    ("a = Conv (x, w)\n b = LRN <size = 3> (a)\n y = Relu (b)",
     "LRN node_1: what it does to channels is not known"),
    ("a = Conv (x, w)\n b = Softmax <axis = 1> (a)\n y = Relu (b)",
     "Softmax node_1: it computes over the channels"),
    ("a = Conv (x, w)\n y = Add (a, x)", "Add node_1: x keeps its channels"),
    ("a = Conv (x, w)\n b = Conv (x, w)\n c = Relu (b)\n y = Conv (a, w)",
     "y is an output of the model"),
], ids=["output", "unknown op", "softmax", "added to an input", "shared weight"])
def test_channels_that_cannot_go_say_why(text: str, reason: str) -> None:
    model = from_text(f"net (float[1,4,2,2] x) => (float[1,4,2,2] y) {{ {text} }}",
                      {"w": normal(np.random.default_rng(0), 4, 4, 1, 1)})
    found = find_groups(model)
    assert not found.groups
    assert reason in {k.reason for k in found.kept}


def test_a_weight_that_is_read_elsewhere_too_keeps_its_channels() -> None:
    model = from_text("""net (float[1,4,2,2] x) => (float[1,4,2,2] y, float[4,4,1,1] z) {
        a = Conv (x, w)
        y = Conv (a, v)
        z = Cos (w)
    }""", {name: normal(np.random.default_rng(0), 4, 4, 1, 1) for name in "wv"})
    assert "w is read elsewhere too" in {k.reason for k in find_groups(model).kept}


def test_removing_all_units_of_a_group_is_refused() -> None:
    model = cnn()
    with pytest.raises(MethodError, match=r"all 8 channels of \w+ along axis \d would be removed"):
        remove(model, list(find_groups(model).groups[0].units))


def test_removing_leaves_the_input_model_as_it_was() -> None:
    model = cnn()
    before = inspect_model(model)
    remove(model, some_units(model, 0))
    assert inspect_model(model) == before
