"""Pruning as a user sees it: what goes, what stays, what is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx_ir as ir
import pytest

from edgec.compress.channels.report import PruneReport
from edgec.compress.method import Given, run
from edgec.compress.methods.prune import Prune, preferred_multiple
from edgec.errors import MethodError
from edgec.model.inspect import inspect_model
from edgec.model.onnxruntime import Runner
from edgec.target.target import load_target
from tests.unit.compress.float_models import cnn, from_text, images, normal
from tests.unit.compress.trained import task, trained

PLAIN = Prune(epochs=0, criterion="group_norm", steps=1, round_to=1)


NOTHING = Given()


def pruned(method: Prune, model: ir.Model, given: Given = NOTHING) -> tuple[ir.Model, PruneReport]:
    result = run(method, model, given)
    assert isinstance(result.report, PruneReport)
    return result.model, result.report


@pytest.mark.parametrize("of", ["macs", "parameters"])
@pytest.mark.parametrize("ratio", [0.2, 0.5, 0.7])
def test_the_share_that_was_asked_for_goes_and_little_more(ratio: float, of: str) -> None:
    model = trained()
    small, report = pruned(replace(PLAIN, ratio=ratio, of=of), model)
    gone = 1 - getattr(inspect_model(small), of) / getattr(inspect_model(model), of)
    assert ratio <= gone < ratio + 0.1
    assert report.steps[-1].gone == pytest.approx(gone)


def test_the_share_may_be_of_channels() -> None:
    _, report = pruned(replace(PLAIN, ratio=0.4, of="channels"), trained())
    before, after = (sum(layer.channels[i] for layer in report.layers) for i in (0, 1))
    assert after == pytest.approx(0.6 * before, abs=2)


def test_channels_are_left_in_multiples_of_round_to() -> None:
    _, report = pruned(replace(PLAIN, round_to=8), trained())
    assert all(layer.channels[1] % 8 == 0 for layer in report.layers if layer.name != "head")
    assert report.macs[1] <= report.macs[0] / 2


def test_with_a_target_whole_blocks_of_its_kernels_are_left() -> None:
    assert preferred_multiple(load_target("raspberry_pi_5")) == 16


def test_a_group_too_narrow_for_round_to_is_kept_and_said_to_be() -> None:
    _, report = pruned(replace(PLAIN, round_to=16, ratio=0.1), trained())
    stem = next(k for k in report.kept if k.layer == "stem")
    assert stem.reason == "it keeps channels in multiples of 16"
    assert report.layers[0].channels == (16, 16)


def test_excluded_layers_keep_all_channels() -> None:
    _, report = pruned(replace(PLAIN, exclude=("w?de",)), trained())
    assert {(k.layer, k.reason) for k in report.kept} >= {("wide", "it is excluded by 'w?de'")}
    assert [layer.channels for layer in report.layers if layer.name == "wide"] == [(24, 24)]


def test_an_excluded_layer_keeps_those_that_it_is_coupled_with() -> None:
    _, report = pruned(replace(PLAIN, exclude=("narrow",)), trained())
    assert report.layers[0].channels == (16, 16)


def test_what_cannot_be_reached_is_said() -> None:
    _, report = pruned(replace(PLAIN, ratio=0.95, max_per_layer=0.25), trained())
    assert report.notes[0].endswith("of macs could go, not 95.0%: the rest is in channels that "
                                    "stay, or beyond max_per_layer and round_to")
    assert [layer.channels[1] for layer in report.layers] == [12, 18, 18, 12, 6]


def test_steps_follow_the_cubic_schedule() -> None:
    _, report = pruned(replace(PLAIN, ratio=0.6, steps=2), trained())
    assert [step.goal for step in report.steps] == pytest.approx([0.6 * 0.875, 0.6])
    assert report.steps[0].gone < report.steps[1].gone


def test_all_steps_together_train_for_the_epochs_that_were_asked_for() -> None:
    lines: list[str] = []
    given = Given(task=task(256, 64), progress=lines.append)
    pruned(replace(PLAIN, epochs=2.0, steps=2, batch=32), trained(), given)
    assert sum(line.startswith("epoch") for line in lines) == 2


def test_regularized_pruning_spends_the_same_epochs() -> None:
    lines: list[str] = []
    given = Given(task=task(256, 64), progress=lines.append)
    pruned(replace(PLAIN, epochs=2.0, batch=32, regularize=1e-3), trained(), given)
    assert sum(line.startswith("epoch") for line in lines) == 2


def test_fine_tuning_wins_back_what_the_cut_cost() -> None:
    _, report = pruned(replace(PLAIN, epochs=2.0, learning_rate=5e-3), trained(),
                       Given(task=task()))
    cut, after = report.steps[-1].score_removed, report.steps[-1].score_trained
    assert cut is not None
    assert after is not None
    assert after > cut + 0.05


def test_a_step_that_breaks_the_gate_is_undone_and_pruning_stops() -> None:
    model = trained()
    method = replace(PLAIN, criterion="magnitude", ratio=0.8, steps=4, max_drop=0.02)
    small, report = pruned(method, model, Given(task=task()))
    *good, last = report.steps
    assert last.rolled_back
    assert not any(step.rolled_back for step in good)
    assert report.notes == (f"step {len(report.steps)} lowered validation by more than 0.02 and "
                            "was undone",)
    left = good[-1].gone if good else 0.0
    assert inspect_model(small).macs == pytest.approx((1 - left) * inspect_model(model).macs)


def test_the_result_runs_in_onnx_runtime_and_puts_out_what_the_torch_graph_did() -> None:
    given = Given(task=task())
    small, report = pruned(replace(PLAIN, ratio=0.3), trained(), given)
    assert given.task is not None
    samples, runner = given.task.validation, Runner(small)
    right = [runner.run(x)["y"].argmax() == y
             for x, y in zip(samples.runs(), samples.targets, strict=True)]
    assert np.mean(right) == pytest.approx(report.steps[-1].score_trained)


def test_taylor_loses_less_than_magnitude_at_the_same_cost() -> None:
    given, scores = Given(task=task()), {}
    for criterion in ("taylor", "magnitude"):
        _, report = pruned(replace(PLAIN, criterion=criterion, ratio=0.4), trained(), given)
        scores[criterion] = report.steps[-1].score_removed or 0.0
    assert scores["taylor"] > scores["magnitude"]


def test_the_report_names_what_went_from_every_layer() -> None:
    model = trained()
    small, report = pruned(PLAIN, model)
    nodes = {n.name: n for n in inspect_model(small).nodes}
    for layer in report.layers:
        assert layer.macs[1] == nodes[layer.name].macs
        assert layer.parameters[1] == nodes[layer.name].parameters
    assert report.macs == (inspect_model(model).macs, inspect_model(small).macs)


@pytest.mark.parametrize(("options", "message"), [
    ({"ratio": 0.0}, r"ratio is 0\.0; it must be above 0 and below 1: the share of the macs to"),
    ({"ratio": 1.0}, r"ratio is 1\.0; it must be above 0 and below 1"),
    ({"of": "joules"}, r"of is 'joules'; it must be one of macs, parameters, channels\."),
    ({"criterion": "luck"}, r"criterion is 'luck'; it must be one of ablation, .*taylor"),
    ({"steps": 0}, r"steps is 0; it must be 1 or more\."),
    ({"round_to": -1}, r"round_to is -1; it must be 0 or more\."),
    ({"max_per_layer": 0.0}, r"max_per_layer is 0\.0; it must be above 0 and at most 1\."),
    ({"regularize": -1.0}, r"regularize is -1\.0; it must be 0 or more\."),
    ({"max_drop": 0.1}, r"max_drop is 0\.1 and there are no labelled samples to judge by\."),
    ({"criterion": "taylor"}, "the criterion taylor needs labelled samples. Give a task, or use"),
    ({"criterion": "ablation"}, "the criterion ablation needs data. Give some hundred typical"),
    ({"epochs": 1.0}, "there are no labelled samples. Give a task, or set epochs to 0"),
])
def test_bad_options_say_what_is_allowed(options: dict[str, object], message: str) -> None:
    with pytest.raises(MethodError, match=message):
        run(replace(PLAIN, **options), cnn())  # type: ignore[arg-type]


def test_a_model_with_nothing_to_prune_says_why() -> None:
    model = from_text("net (float[1,4] x) => (float[1,4] y) { [only] y = MatMul (x, w) }",
                      {"w": normal(np.random.default_rng(0), 4, 4)})
    with pytest.raises(MethodError, match=r"there is nothing to prune:\n +only: y is an output of "
                       "the model"):
        run(PLAIN, model)


def test_a_quantized_model_is_refused() -> None:
    from edgec.compress import quantize

    with pytest.raises(MethodError, match=r"the model is quantized already\. Prune the float"):
        run(PLAIN, quantize(cnn(), images(8)).model)
