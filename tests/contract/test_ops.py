"""Every op keeps the contract of edgec.lower.op, on every one of its cases."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from edgec.lower import catalog
from edgec.lower.graph import DTYPES
from edgec.lower.interpret import interpret
from edgec.lower.verify import verify
from tests.contract.op_cases import cases_of, generators

OPS = sorted(catalog.ops())


def test_every_op_has_cases_and_every_case_an_op() -> None:
    assert sorted(generators()) == OPS


@pytest.mark.parametrize("name", OPS)
def test_op_has_a_formula_frozen_attributes_and_texts(name: str) -> None:
    op = catalog.ops()[name]
    assert "=" in (type(op).__doc__ or "").splitlines()[0]
    assert op.attributes.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert op.attributes.__name__.lower() == name.replace("_", "")
    assert op.attributes.__doc__
    assert all(f.default is dataclasses.MISSING or hash(f.default) is not None
               for f in dataclasses.fields(op.attributes))


@pytest.mark.parametrize("name", OPS)
def test_cases_are_well_formed_and_break_no_rule(name: str) -> None:
    for case in cases_of(name):
        verify(case.graph)
        node, = case.graph.nodes
        inputs = [case.graph.tensors[n] if n else None for n in node.inputs]
        outputs = [case.graph.tensors[n] for n in node.outputs]
        rules = list(catalog.ops()[name].broken_rules(node.attributes, inputs, outputs))
        assert not rules, (case.name, rules)


@pytest.mark.parametrize("name", OPS)
def test_reference_has_declared_shape_and_type_and_leaves_inputs_alone(name: str) -> None:
    for case in cases_of(name):
        before = {n: v.copy() for n, v in case.inputs.items()}
        y = interpret(case.graph, case.inputs)["y"]
        assert (y.shape, y.dtype) == (case.graph.tensors["y"].shape,
                                      DTYPES[case.graph.tensors["y"].dtype]), case.name
        assert all(np.array_equal(before[n], v, equal_nan=v.dtype.kind == "f")
                   for n, v in case.inputs.items()), case.name


@pytest.mark.parametrize("name", OPS)
def test_macs_are_a_whole_number(name: str) -> None:
    for case in cases_of(name):
        node, = case.graph.nodes
        inputs = [case.graph.tensors[n] if n else None for n in node.inputs]
        macs = catalog.ops()[name].macs(node.attributes, inputs, [case.graph.tensors["y"]])
        assert isinstance(macs, int)
        assert macs >= 0
