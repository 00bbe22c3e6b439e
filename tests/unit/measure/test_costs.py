"""The table of layer costs: what it says about layers that were measured, and that were not."""

from dataclasses import replace
from pathlib import Path

import pytest

from edgec.errors import FormatError, UsageError
from edgec.lower.backend import load_backend
from edgec.lower.lower import lower_for
from edgec.measure.costs import CostTable, Entry, Machine, read_table, write_table
from edgec.measure.layer_key import LayerKey, model_of
from edgec.measure.profile import batches, layers_of
from edgec.target.target import load_target
from tests.unit.compress.float_models import cnn

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
