from __future__ import annotations

import numpy as np
import pytest

from edgec.compress.quantization.policy import float_reasons
from edgec.compress.quantization.prepare import prepare
from edgec.compress.quantization.units import find_units
from tests.unit.compress.float_models import cnn, encoder, from_text, normal


def in_int8(model, ops: str = "auto", exclude: tuple[str, ...] = ()) -> set[str]:
    units = find_units(model.graph)
    reasons = float_reasons(units, ops, exclude, {})
    return {str(u.output.name) for u in units if u.name not in reasons}


def test_auto_quantizes_all_of_a_cnn() -> None:
    assert in_int8(prepare(cnn())) == {"a0", "a1", "a2", "c3", "s", "p", "y"}


def test_auto_quantizes_only_linear_layers_of_a_transformer() -> None:
    assert in_int8(encoder()) == {"q", "k", "kt", "v", "h", "o"}


def test_all_quantizes_attention_and_normalization_too() -> None:
    assert in_int8(encoder(), "all") >= {"scores", "attention", "mixed", "n", "t", "y"}


def test_excluded_name_with_a_star_stays_float_and_says_so() -> None:
    model = cnn()
    units = find_units(model.graph)
    name = next(u.name for u in units if u.output.name == "a1")
    reasons = float_reasons(units, "auto", (name[:-1] + "*",), {})
    assert reasons[name].startswith("it is excluded by")


def test_reshape_between_float_units_stays_float() -> None:
    model = from_text("""m (float[1,4] x) => (float[2,2] y) {
        e = Exp (x)
        r = Reshape (e, shape)
        y = Exp (r) }""", {"shape": np.array([2, 2])})
    units = find_units(model.graph)
    reasons = float_reasons(units, "auto", (), {})
    assert [reasons[u.name] for u in units] == [
        "Exp has no int8 form", "its neighbours are float", "Exp has no int8 form"]


@pytest.mark.parametrize(("text", "why"), [
    ("y = Gemm <alpha = 2.0> (x, w)", "its alpha or beta is not 1"),
    ("y = Gemm <transA = 1> (x, w)", "its input is transposed (transA)"),
    ("y = Softmax <axis = 0> (x)", "it does not work over the last axis"),
    ("y = PRelu (x, w)", "PRelu has no int8 form"),
])
def test_node_without_int8_form_says_why(text: str, why: str) -> None:
    rng = np.random.default_rng(0)
    model = from_text("m (float[4,4] x) => (float[4,4] y) {" + text + "}",
                      {"w": normal(rng, 4, 4)} if "w" in text else {})
    unit, = find_units(model.graph)
    assert (unit.kind, unit.why) == ("float", why)
