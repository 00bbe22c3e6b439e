"""ONNX's own backend node tests, lowered whole and interpreted."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest

from edgec import registry
from edgec.errors import EdgecError
from edgec.lower.interpret import interpret
from edgec.lower.lower import lower
from tests.unit.lower.lower_models import as_ir

PASSING = 304  # of the cases whose ops are all known; the rest are refused by name, none is wrong


def _cases() -> list[Any]:
    from onnx.backend.test.loader import load_node_model_tests

    families = registry.load_all("edgec.lower.onnx_import", "importer").values()
    known = {"Constant", *(op for family in families for op in family)}
    return [case for case in load_node_model_tests()
            if {n.op_type for n in case.model.graph.node} <= known
            and all(isinstance(v, (np.ndarray, onnx.TensorProto)) for v in case.data_sets[0][0])]


def _array(value: Any) -> Any:
    return onnx.numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value


def _agrees(case: Any) -> bool | None:
    """Whether the results are ONNX's; None when the case is refused. Later inputs are constants."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    values, expected = ([_array(v) for v in part] for part in case.data_sets[0])
    names = [value.name for value in model.graph.input]
    for name, value in zip(names[1:], values[1:], strict=True):
        model.graph.initializer.append(onnx.numpy_helper.from_array(value, name))
    del model.graph.input[1:]
    try:
        found = interpret(lower(as_ir(model)), dict(zip(names[:1], values[:1], strict=True)))
    except EdgecError:
        return None
    return all(found[o.name].shape == e.shape and np.allclose(found[o.name], e, case.rtol, 1e-5,
                                                              equal_nan=True)
               for o, e in zip(model.graph.output, expected, strict=True))


@pytest.mark.slow
def test_no_node_case_of_onnx_is_computed_wrongly() -> None:
    results = {case.name: _agrees(case) for case in _cases()}
    assert [name for name, agrees in results.items() if agrees is False] == []
    assert sum(agrees is True for agrees in results.values()) >= PASSING
