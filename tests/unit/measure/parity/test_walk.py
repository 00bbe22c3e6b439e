"""A difference is blamed on the node that makes it, not on those that it reaches."""

from __future__ import annotations

import numpy as np

from edgec.lower.catalog import is_movement
from edgec.lower.golden import golden
from edgec.lower.graph import Array
from edgec.lower.interpret import interpret, run_node
from edgec.lower.lower import lower
from edgec.measure.parity.onnx_values import OnnxValues
from edgec.measure.parity.result import Bounds, Pair
from edgec.measure.parity.walk import Layer, Reference, walk
from tests.unit.measure.parity.quantized import models

GRAPH = lower(models()[1])
INPUTS = dict(zip(GRAPH.inputs, golden(GRAPH)[0], strict=True))
REFERENCE = Reference(GRAPH, INPUTS, interpret(GRAPH, INPUTS, all_tensors=True))


def faulty(node_name: str, steps: int) -> dict[str, Array]:
    """All values of a runtime that adds `steps` to what one int8 node writes."""
    values = {n: t.data for n, t in GRAPH.tensors.items() if t.data is not None} | INPUTS
    for node in GRAPH.nodes:
        values[node.outputs[0]], = run_node(GRAPH, node, values)
        if node.name == node_name:
            wrong = values[node.outputs[0]].astype(np.int16) + steps
            values[node.outputs[0]] = np.clip(wrong, -128, 127).astype(np.int8)
    return values


def layers(values: dict[str, Array]) -> tuple[Layer, ...]:
    return tuple(walk(GRAPH, lambda tensor, _: values.get(tensor.name), REFERENCE))


CONV = next(n.name for n in GRAPH.nodes if n.op == "conv2d")


def test_only_the_faulty_node_has_a_difference_of_its_own() -> None:
    found = layers(faulty(CONV, 2))
    assert [x.name for x in found if x.own.parted] == [CONV]
    carried = [x.name for x in found if x.total is not None and x.total.parted]
    assert carried[0] == CONV
    assert len(carried) > 2, "and what reads it is off in all"


def test_first_and_bounds_name_the_faulty_node() -> None:
    pair = Pair("reference", "faulty", layers(faulty(CONV, 2)))
    assert pair.first is not None
    assert pair.first.name == CONV
    line, = pair.violations(Bounds(max_lsb=1))
    assert CONV in line
    assert "up to 2 steps; allowed are 1" in line
    assert list(pair.violations(Bounds(max_lsb=2))) == []


def test_runtime_that_has_some_tensors_only_is_followed_by_the_reference() -> None:
    values = faulty(CONV, 2)
    last = GRAPH.outputs[0]
    found = layers({last: values[last]})
    assert [x.tensor for x in found] == [last]
    assert found[0].own.parted


def test_every_int8_layer_of_the_graph_is_found_in_onnx_runtime_and_at_most_one_step_off() -> None:
    onnx = OnnxValues(models()[1], "convnet")
    values = onnx.run(INPUTS)
    found = tuple(walk(GRAPH, lambda t, e: onnx.as_tensor(t, values, e), REFERENCE))
    computing = {n.name for n in GRAPH.nodes if not is_movement(n.op, n.attributes)}
    assert computing <= {x.name for x in found}
    assert all(x.own.largest <= 1 for x in found if x.own.integer)
