"""early_exit: what it adds, what it leaves alone, what it refuses."""

from dataclasses import replace

import numpy as np
import onnx_ir as ir
import pytest
import torch

from edgec.compress.exits.outcomes import outcomes
from edgec.compress.method import Given, run
from edgec.compress.methods.early_exit import EarlyExit
from edgec.compress.methods.qat import Qat
from edgec.compress.methods.quantize import Quantize
from edgec.compress.training.score import score_model
from edgec.errors import MethodError
from edgec.model.execute import TorchGraph
from edgec.model.exits import Choice, Exit, read_choice, read_exits, write_exits
from edgec.model.passes.infer_shapes import run as infer_shapes
from tests.unit.compress import trained
from tests.unit.compress.float_models import cnn, from_text
from tests.unit.compress.training.tasks import image_task

TASK = image_task(160)
GIVEN = Given(task=TASK)


@pytest.fixture(scope="module")
def made():
    return run(EarlyExit(epochs=4, learning_rate=0.02, max_drop=0.1, follow=0.0), cnn(), GIVEN)


@pytest.fixture(scope="module")
def quantized(made):
    return run(Quantize(), made.model, GIVEN).model


def answers(model, names):
    graph = TorchGraph(model, ()).eval()
    with torch.no_grad():
        found = graph.values({"x": torch.from_numpy(TASK.validation.inputs["x"])}, names)
    return [found[name].numpy() for name in names]


def test_frozen_network_answers_as_before(made):
    np.testing.assert_array_equal(answers(made.model, ["y"])[0], answers(cnn(), ["y"])[0])


def test_exits_are_outputs_behind_the_networks_own(made):
    assert [v.name for v in made.model.graph.outputs] == ["y", "exit_1"]
    assert [e.output for e in read_exits(made.model)] == ["exit_1"]


def test_heads_learn():
    scores = [run(EarlyExit(epochs=e, batch=32, follow=0.0), cnn(), GIVEN).report.exits[0].score
              for e in (0, 12)]
    assert scores[1] > scores[0] + 0.2


def test_joint_training_changes_the_network_too():
    joint = run(EarlyExit(epochs=1, joint=True), cnn(), GIVEN).model
    before, after = (m.graph.initializers["w1"].const_value.numpy() for m in (cnn(), joint))
    assert not np.array_equal(before, after)


@pytest.mark.parametrize(("pool", "width"), [("avg", 8), ("max", 8), ("both", 16)])
def test_head_sees_what_its_pooling_gives(pool, width):
    model = run(EarlyExit(epochs=0, pool=pool), cnn(), GIVEN).model
    assert model.graph.initializers["exit_1.weight"].shape == ir.Shape([5, width])


def test_report_counts_what_a_run_costs(made):
    report = made.report
    first, end = report.exits
    assert report.mean_macs == pytest.approx(first.share * first.macs + end.share * end.macs)
    assert report.worst_macs == end.macs == report.plain_macs + 5 * 16
    assert report.head_parameters == 5 * 16 + 5
    assert report.oracle >= max(first.score, report.whole_score)


def test_quantize_keeps_exits_and_quantizes_their_heads(made, quantized):
    assert [e.output for e in read_exits(quantized)] == ["exit_1"]
    gemms = [n for n in quantized.graph if n.op_type == "Gemm"]
    assert len(gemms) == 2
    assert all(v.producer().op_type == "DequantizeLinear" for n in gemms for v in n.inputs)


KNOWING = Given(task=trained.task(256, 128))


@pytest.fixture(scope="module")
def knowing():
    """Of a network that knows its classes: easy samples leave early."""
    return run(EarlyExit(epochs=3, at=(0.5,), max_drop=0.02), trained.trained(), KNOWING).model


def found_now(model, given=KNOWING):
    """What validation says of the exits now, and who leaves where."""
    exits = read_exits(model)
    found = outcomes(infer_shapes(model), exits, given.task.validation, "top1")
    return found, found.taken([e.threshold for e in exits])


def test_metadata_says_who_left_where(knowing):
    found, taken = found_now(knowing)
    exit_1, = read_exits(knowing)
    assert 0 < exit_1.share < 1
    assert (exit_1.share, exit_1.score) == pytest.approx((found.shares(taken)[0],
                                                          found.answered(taken)[0]))
    assert read_choice(knowing) == Choice(0.02, False, pytest.approx(found.answered(taken)[1]))


def test_thresholds_are_chosen_anew_behind_another_method(knowing):
    """The exits answer for the quantized network, within the drop that was allowed."""
    quantized = run(Quantize(), knowing, KNOWING).model
    found, taken = found_now(quantized)
    assert read_exits(quantized)[0].share == pytest.approx(found.shares(taken)[0])
    assert found.score(taken) >= found.scores[-1].mean() - 0.02 - 1e-9
    assert read_exits(quantized) != read_exits(knowing)


def test_without_labels_another_method_leaves_the_thresholds(made):
    floats = run(Quantize(), made.model, Given(data=tuple(TASK.train.take(slice(32)).runs())))
    assert read_exits(floats.model) == read_exits(made.model)


def test_a_model_is_scored_by_the_answers_that_it_gives(made):
    model = made.model.clone()
    write_exits(model, [Exit("exit_1", 0.0)])
    only_first = found_now(made.model, GIVEN)[0].scores[0].mean()
    assert score_model(model, TASK.validation, "top1") == pytest.approx(only_first)


def test_a_method_that_trains_takes_the_exits_along(made):
    """Their heads learn while another method trains the network."""
    qat = run(Qat(epochs=1, learning_rate=1e-2), made.model, GIVEN).model
    heads = [v.const_value.numpy() for v in qat.graph.initializers.values()
             if v.const_value is not None and v.const_value.dtype == ir.DataType.INT8
             and v.const_value.shape == ir.Shape([5, 16])]
    plain = [v.const_value.numpy() for v in run(Quantize(), made.model, GIVEN).model
             .graph.initializers.values() if v.const_value is not None
             and v.const_value.dtype == ir.DataType.INT8
             and v.const_value.shape == ir.Shape([5, 16])]
    assert len(heads) == 1
    assert (heads[0] != plain[0]).any()


def test_exits_follow_the_end_of_the_network():
    """A head that follows only the end agrees with it more often than one of labels alone."""
    agreement = []
    for follow in (0.0, 1.0):
        model = run(EarlyExit(epochs=12, batch=32, follow=follow), cnn(), GIVEN).model
        first, end = answers(model, ["exit_1", "y"])
        agreement.append((first.argmax(-1) == end.argmax(-1)).mean())
    assert agreement[1] > agreement[0]


def test_second_run_only_chooses_thresholds_anew(quantized):
    again = run(EarlyExit(max_drop=0.02), quantized, GIVEN).model
    assert [n.op_type for n in again.graph] == [n.op_type for n in quantized.graph]
    np.testing.assert_array_equal(answers(again, ["y"])[0], answers(quantized, ["y"])[0])


def test_recalibrated_thresholds_keep_the_drop_on_the_quantized_model(quantized):
    again = run(EarlyExit(max_drop=0.02), quantized, GIVEN)
    exits = read_exits(again.model)
    found = outcomes(again.model, exits, TASK.validation, "top1")
    assert found.score(found.taken([e.threshold for e in exits])) >= found.scores[-1].mean() - 0.02


@pytest.mark.parametrize(("options", "message"), [
    ({"at": (0.0,)}, r"at is \(0.0,\); it must be shares above 0 and below 1"),
    ({"at": ()}, "at least one"),
    ({"follow": 1.5}, "follow is 1.5; it must be from 0 to 1"),
    ({"pool": "min"}, "pool is 'min'; it must be one of avg, max, both"),
    ({"mix": True, "teacher_weight": 1.0}, "mix is true, and exits learn from labels"),
    ({"max_drop": -0.1}, "max_drop is -0.1; it must be 0 or more")])
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(MethodError, match=message):
        run(EarlyExit(**options), cnn(), GIVEN)


def test_quantized_model_without_exits_is_refused_with_the_right_order():
    with pytest.raises(MethodError, match="Place them in the float model, then quantize"):
        run(EarlyExit(), run(Quantize(), cnn(), GIVEN).model, GIVEN)


def test_model_without_a_place_for_an_exit_is_refused():
    flat = from_text("flat (float[1,192] x) => (float[1,5] y) { y = MatMul (x, w) }",
                     {"w": np.ones((192, 5), np.float32)})
    with pytest.raises(MethodError, match="there is no place for an exit"):
        run(EarlyExit(), flat, GIVEN)


def test_regression_is_refused():
    task = replace(TASK, loss="mean_squared_error")
    with pytest.raises(MethodError, match="exits are judged by their softmax"):
        run(EarlyExit(), cnn(), Given(task=task))


def test_softmax_at_the_end_is_refused():
    model = cnn()
    logits = model.graph.outputs[0]
    node = ir.node("Softmax", [logits], name="softmax", outputs=[ir.Value(
        name="p", type=logits.type, shape=logits.shape)])
    model.graph.append(node)
    model.graph.outputs[0] = node.outputs[0]
    with pytest.raises(MethodError, match="'p' is a Softmax"):
        run(EarlyExit(), model, GIVEN)
