"""Every written tensor becomes an output, of one file or of several."""

from __future__ import annotations

from edgec.lower import expose as exposing
from edgec.lower.lower import lower
from tests.unit.lower.lower_models import as_ir, float_model


def test_every_written_tensor_is_an_output_once(monkeypatch) -> None:
    monkeypatch.setattr(exposing, "OUTPUT_LIMIT", 3)
    graph = lower(as_ir(float_model("convnet")))
    parts = list(exposing.expose(graph))
    exposed = [name for part in parts for name in part.outputs]
    assert exposed == [name for node in graph.nodes for name in node.outputs]
    assert all(1 <= len(part.outputs) <= 3 and part.nodes == graph.nodes for part in parts)
