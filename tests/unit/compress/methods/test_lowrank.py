"""The method as a user calls it: graphs in, smaller graphs out."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir
import pytest
import torch

from edgec.compress.method import Compressed, Given, run
from edgec.compress.methods.lowrank import LowRank
from edgec.errors import DataError, MethodError
from edgec.model.onnxruntime import Runner
from edgec.model.task import Samples, Task
from tests.unit.compress.float_models import cnn, encoder, from_text, images, normal

Array = npt.NDArray[Any]
MIXING = np.random.default_rng(0).normal(size=(32, 32)) * np.exp(-np.arange(32) / 6)


def tokens(count: int, seed: int) -> list[dict[str, Array]]:
    """Correlated inputs for the encoder."""
    rng = np.random.default_rng(seed)
    return [{"x": (rng.normal(size=(1, 6, 32)) @ MIXING.T).astype(np.float32)}
            for _ in range(count)]


def outputs(model: ir.Model, runs: list[dict[str, Array]]) -> Array:
    runner = Runner(model, threads=1)
    return np.concatenate([runner.run(r)["y"] for r in runs])


def divergence(model: ir.Model, other: ir.Model, runs: list[dict[str, Array]]) -> float:
    """Mean KL divergence of the outputs' softmaxes."""
    mine, theirs = (torch.log_softmax(torch.from_numpy(outputs(m, runs)).double(), -1)
                    for m in (model, other))
    return float((mine.exp() * (mine - theirs)).sum(-1).mean())


def factored(model: ir.Model, **options: Any) -> Compressed:
    return run(LowRank(**options), model, Given(tokens(96, 1)))


def weights(model: ir.Model) -> int:
    return sum(v.const_value.size for v in model.graph.initializers.values()
               if v.const_value is not None and len(v.const_value.shape) > 1)


@pytest.mark.parametrize("ratio", [0.4, 0.6])
def test_whitened_keeps_outputs_better_than_asvd_and_plain_svd(ratio: float) -> None:
    model, test = encoder(width=32), tokens(32, 2)
    plain, whitened = (divergence(model, factored(
        model, ratio=ratio, decomposition=how, allocation="uniform", round_to=1).model, test)
        for how in ("svd", "whitened"))
    assert whitened < 0.5 * plain


@pytest.mark.parametrize("ratio", [0.4, 0.6])
def test_ranks_by_sensitivity_beat_equal_ranks(ratio: float) -> None:
    model, test = encoder(width=32), tokens(32, 2)
    even, shared = (divergence(model, factored(
        model, ratio=ratio, allocation=how, round_to=1).model, test)
        for how in ("uniform", "sensitivity"))
    assert shared < 0.7 * even


def test_learned_spectrum_beats_equal_ranks_of_whitened_on_data_it_did_not_see() -> None:
    model, test = encoder(width=32), tokens(32, 2)
    even = divergence(model, factored(model, ratio=0.6, allocation="uniform", round_to=1).model,
                      test)
    learned = factored(model, ratio=0.6, decomposition="spectrum", allocation="loss", round_to=1,
                       steps=60, step_runs=16)
    assert divergence(model, learned.model, test) < 0.8 * even
    assert learned.report.to_json()["removed"] == pytest.approx(0.6, abs=0.02)


def test_learned_spectrum_is_reproducible_and_merges_its_scores() -> None:
    model = encoder(width=32)
    options = {"ratio": 0.5, "decomposition": "spectrum", "steps": 8, "round_to": 1}
    first, second = (factored(model, **options) for _ in range(2))
    assert ir.to_proto(first.model).SerializeToString() == ir.to_proto(
        second.model).SerializeToString()
    assert {n.op_type for n in first.model.graph} == {n.op_type for n in model.graph}
    phases = first.report.to_json()["learning"]["phases"]
    assert list(phases) == ["start", "explore", "refine", "decide", "tune"]


@pytest.mark.parametrize("ratio", [0.2, 0.5])
@pytest.mark.parametrize("allocation", ["uniform", "loss"])
def test_weights_are_really_gone_and_as_many_as_reported(ratio: float, allocation: str) -> None:
    model = encoder(width=32)
    result = factored(model, ratio=ratio, allocation=allocation, round_to=1)
    report = result.report.to_json()
    assert weights(result.model) == report["weights_after"]
    assert weights(model) == report["weights_before"]
    assert report["removed"] == pytest.approx(ratio, abs=0.04)


def test_reported_errors_are_those_of_the_layers() -> None:
    rng = np.random.default_rng(0)
    model = from_text("g (float[1,6,32] x) => (float[1,6,24] y) { y = MatMul (x, w) }",
                      {"w": normal(rng, 32, 24)})
    result = factored(model, ratio=0.5, allocation="uniform")
    exact, found = (outputs(m, tokens(96, 1)) for m in (model, result.model))
    (layer,) = result.report.to_json()["layers"]
    assert layer["error"] == pytest.approx(
        np.linalg.norm(exact - found) / np.linalg.norm(exact), rel=1e-3)
    assert layer["rank"] % 4 == 0


def test_layers_that_stay_say_why() -> None:
    report = run(LowRank(), cnn(), Given(images(8))).report.to_json()
    reasons = {layer["reason"] for layer in report["layers"]}
    assert "it is a grouped convolution, thin already" in reasons
    assert any(not layer["reason"] and layer["weights_after"] < layer["weights_before"]
               for layer in report["layers"])


def test_fine_tuning_trains_the_factors() -> None:
    model, rng = cnn(), np.random.default_rng(0)
    x, y = rng.normal(size=(64, 3, 8, 8)).astype(np.float32), np.arange(64) % 5
    task = Task(Samples({"x": x}, y), Samples({"x": x[:20]}, y[:20]))
    tuning = LowRank(epochs=1, batch=32, learning_rate=1e-2)
    result = run(tuning, model, Given(images(8), task=task))
    untuned = run(LowRank(), model, Given(images(8)))
    assert len(result.report.to_json()["scores"]) == 2
    name = next(n for n in result.model.graph.initializers if n.endswith("/A"))
    tuned, before = (m.graph.initializers[name].const_value for m in (result.model, untuned.model))
    assert tuned is not None
    assert before is not None
    assert not np.array_equal(tuned.numpy(), before.numpy())


@pytest.mark.parametrize(("options", "message"), [
    ({"ratio": 0.0}, r"ratio is 0\.0; it must be above 0 and below 1\."),
    ({"ratio": 1.0}, r"ratio is 1\.0; it must be above 0 and below 1\."),
    ({"decomposition": "qr"}, "decomposition is 'qr'; it must be one of svd, asvd, whitened, spec"),
    ({"allocation": "all"}, "allocation is 'all'; it must be one of uniform, loss, sensitivity"),
    ({"conv": "depth"}, "conv is 'depth'; it must be one of auto, channel, spatial"),
    ({"round_to": 0}, "round_to is 0; it must be 1 or more"),
    ({"exclude": ("*",)}, r"no layer can be factored \(.*: it is excluded by '\*'"),
    ({"round_to": 64}, "at rank 64 its halves have no fewer weights than it has"),
    ({"epochs": 1.0}, "there are no labelled samples"),
])
def test_what_cannot_be_done_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(MethodError, match=message):
        run(LowRank(**options), cnn(), Given(images(8)))


def test_a_ratio_out_of_reach_is_refused() -> None:
    with pytest.raises(MethodError, match="Ask for less than"):
        run(LowRank(ratio=0.9), cnn(), Given(images(8)))


def test_a_spectrum_cannot_be_learned_from_a_handful_of_runs() -> None:
    with pytest.raises(DataError, match=r"got 3 run\(s\) of data and holds out a fifth"):
        run(LowRank(decomposition="spectrum"), cnn(), Given(images(3)))
