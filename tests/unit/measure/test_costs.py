"""The table of layer costs: what it says about layers that were measured, and that were not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest

from edgec.compress.method import Given, run
from edgec.compress.methods.early_exit import EarlyExit
from edgec.errors import FormatError, UsageError
from edgec.lower.backend import load_backend
from edgec.lower.catalog import ops
from edgec.lower.graph import DTYPES
from edgec.lower.lower import lower_for
from edgec.measure.costs import CostTable, Entry, Machine, read_table, write_table
from edgec.measure.layer_key import LayerKey, model_of
from edgec.measure.price import price_for
from edgec.measure.profile import batches, layers_of
from edgec.model.exits import Exit, write_exits
from edgec.target.target import load_target
from tests.unit.compress.float_models import cnn
from tests.unit.compress.training.tasks import image_task

TARGET = load_target("generic_x86_64")
NATIVE = load_backend("native")
MACHINE = Machine(TARGET.name, "here", "abc", "avx2", 1)


def key(work: float, family: str = "conv", text: str = "asked") -> LayerKey:
    return LayerKey(text, family, int(work), work, 100, False)


def table(**points: tuple[float, float]) -> CostTable:
    return CostTable(MACHINE, {name: Entry(us, "conv", work)
                               for name, (work, us) in points.items()})


def test_a_measured_layer_costs_what_was_measured() -> None:
    assert table(asked=(10, 3.5)).cost(key(10), TARGET) == (3.5, "measured")


def test_a_layer_between_two_measured_ones_lies_on_their_line() -> None:
    assert table(a=(100, 10), b=(300, 20)).cost(key(150), TARGET) == (12.5, "interpolated")


def test_layers_more_than_four_times_apart_are_not_joined() -> None:
    assert table(a=(100, 10), b=(401, 20)).cost(key(150), TARGET)[1] == "estimated"


def test_another_family_says_nothing() -> None:
    found = table(a=(100, 10), b=(300, 20)).cost(key(150, "depthwise"), TARGET)
    assert found[1] == "estimated"


def test_a_model_costs_the_sum_of_its_layers_and_says_how_much_was_measured() -> None:
    graph = lower_for(cnn(), NATIVE, TARGET)
    layers = layers_of(graph, NATIVE, TARGET)
    full = CostTable(MACHINE, {t: Entry(2.0, x.key.family, x.key.work) for t, x in layers.items()})
    whole = full.latency(graph, NATIVE, TARGET)
    assert whole.measured == 1
    text = next(t for t in layers if t.startswith("conv2d "))
    part = replace(full, entries={text: full.entries[text]}).latency(graph, NATIVE, TARGET)
    assert part.measured == pytest.approx(2.0 / part.us)
    assert part.estimated == pytest.approx(1 - 2.0 / part.us)


def with_exit(share: float, threshold: float = 0.5) -> ir.Model:
    """Two layers of four before the exit's head."""
    model = run(EarlyExit(epochs=0, at=(0.3,)), cnn(), Given(task=image_task(64))).model
    write_exits(model, [Exit("exit_1", threshold, share)])
    return model


def test_latency_of_a_model_with_exits_is_the_mean_and_the_worst_of_its_runs() -> None:
    whole, part = (price_for(TARGET, CostTable())(with_exit(s)).latency for s in (0.0, 0.25))
    first = price_for(TARGET, CostTable())(with_exit(1.0)).latency
    assert whole is not None
    assert part is not None
    assert first is not None
    assert whole.us == whole.worst_us == part.worst_us
    assert part.us == pytest.approx(0.25 * first.us + 0.75 * whole.us)
    assert first.us < whole.us


def test_a_threshold_makes_no_other_layer() -> None:
    """So what was measured holds for every trial of a search."""
    one, other = (layers_of(lower_for(with_exit(0.5, t), NATIVE, TARGET), NATIVE, TARGET)
                  for t in (0.0, 0.9))
    assert list(one) == list(other)


def test_an_exit_among_layers_to_be_timed_is_never_taken() -> None:
    layers = layers_of(lower_for(with_exit(0.5, 0.0), NATIVE, TARGET), NATIVE, TARGET)
    graph = model_of([layer.site for layer in layers.values()], "layers")
    zeros = {n: np.zeros(graph.tensors[n].shape, DTYPES[graph.tensors[n].dtype])
             for n in graph.inputs}
    exits = [node for node in graph.nodes if node.op == "exit"]
    assert len(exits) == 1
    assert not ops()["exit"].ends_run(exits[0].attributes, [zeros[exits[0].inputs[0]]])


def test_layers_side_by_side_are_a_model_that_the_engine_takes() -> None:
    from edgec.format.reader import read
    from edgec.lower.plan import plan

    layers = layers_of(lower_for(cnn(), NATIVE, TARGET), NATIVE, TARGET)
    graph = model_of([layer.site for layer in layers.values()], "layers")
    read_back = read(NATIVE.emit(graph, plan(graph), TARGET))
    assert [node.name for node in read_back.nodes] == ["clock", *map(str, range(len(layers)))]


def test_values_of_weights_make_no_other_layer() -> None:
    one, other = (layers_of(lower_for(cnn(seed), NATIVE, TARGET), NATIVE, TARGET)
                  for seed in (0, 1))
    assert list(one) == list(other)


def test_batches_hold_every_layer_once() -> None:
    layers = list(layers_of(lower_for(cnn(), NATIVE, TARGET), NATIVE, TARGET).values()) * 9
    parts = list(batches(layers))
    assert [layer for part in parts for layer in part] == layers
    assert max(map(len, parts)) <= 24


def test_a_table_is_what_was_written(tmp_path: Path) -> None:
    write_table(table(a=(100, 10)), tmp_path / "t.json")
    assert read_table(tmp_path / "t.json", TARGET.name) == table(a=(100, 10))


def test_a_table_of_another_target_is_refused(tmp_path: Path) -> None:
    write_table(table(a=(100, 10)), tmp_path / "t.json")
    with pytest.raises(UsageError, match="measured on generic_x86_64 and the recipe"):
        read_table(tmp_path / "t.json", "raspberry_pi_4")


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": "other"}', '{"schema": "edgec-costs/1"}'])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.json").write_text(text)
    with pytest.raises(FormatError, match="is not a table of layer costs"):
        read_table(tmp_path / "t.json", TARGET.name)
