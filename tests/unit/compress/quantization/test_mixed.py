from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgec.compress.method import Given, run
from edgec.compress.methods.quantize import Quantize
from edgec.compress.quantization.mixed import Choice, choose, rows
from edgec.errors import MethodError
from edgec.model.onnxruntime import run_onnx
from tests.unit.compress.float_models import cnn, images

CHOICES = st.lists(st.builds(
    lambda size, loss: Choice(4.0 * size, 8.0 * size, loss),
    st.integers(1, 50), st.floats(0, 10)), min_size=1, max_size=6)


@given(CHOICES, st.floats(0.5, 1.0))
def test_choice_is_the_best_of_all_that_fit_the_budget(choices: list[Choice],
                                                       share: float) -> None:
    budget = share * sum(c.high_cost for c in choices)

    def total(picked: tuple[bool, ...]) -> tuple[float, float]:
        pairs = list(zip(choices, picked, strict=True))
        return (sum(c.high_cost if keep else c.low_cost for c, keep in pairs),
                sum(c.high_loss if keep else c.low_loss for c, keep in pairs))

    every = [total(p) for p in itertools.product((False, True), repeat=len(choices))]
    cost, loss = total(choose(choices, budget))
    assert cost <= budget * (1 + 1e-6)
    assert loss == pytest.approx(min(lo for c, lo in every if c <= budget * (1 + 1e-9)))


def test_all_get_few_bits_where_nothing_else_fits() -> None:
    assert choose([Choice(4, 8, 1.0), Choice(4, 8, 2.0)], 1.0) == (False, False)


@pytest.mark.parametrize("seed", range(2))
def test_measured_choice_is_among_the_best_fifth_of_all_that_fit(seed: int) -> None:
    model, data = cnn(seed), images(16, seed=seed)
    exact = [rows(run_onnx(model, x)["y"]) for x in data]
    options = Quantize(weight_bits=4, min_sqnr_db=-100, calibration="minmax", equalize=False,
                       rounding="nearest")
    mixed = run(replace(options, mixed=0.75), model, Given(data))
    layers = {la.name: la for la in mixed.report.layers if la.kind == "linear"}
    sizes = dict(zip(layers, (8 * 27, 8 * 16, 16 * 9, 8 * 16, 40), strict=True))

    def divergence(quantized) -> float:
        found = [rows(run_onnx(quantized, x)["y"]) for x in data]
        return float(np.mean([(np.exp(p) * (p - q)).sum() for p, q in zip(exact, found,
                                                                          strict=True)]))

    def share(bits: dict[str, int]) -> float:
        return sum(sizes[n] * b for n, b in bits.items()) / (8 * sum(sizes.values()))

    assert share({n: la.weight_bits for n, la in layers.items()}) <= 0.75
    every = []
    for wide in itertools.chain.from_iterable(itertools.combinations(layers, k) for k in range(6)):
        if share({n: 8 if n in wide else 4 for n in layers}) <= 0.75:
            tried = run(replace(options, eight_bits=wide), model, Given(data))
            every.append(divergence(tried.model))
    better = sum(d < divergence(mixed.model) for d in every)
    assert len(every) >= 10
    assert better <= len(every) // 5


def test_share_below_what_the_bits_allow_is_refused() -> None:
    with pytest.raises(MethodError, match=r"mixed must be from weight_bits / 8 to below 1, or 0"):
        run(Quantize(weight_bits=4, mixed=0.4), cnn(), Given(images(1)))
