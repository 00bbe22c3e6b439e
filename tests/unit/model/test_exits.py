"""The metadata of early exits: what is written is read, what is damaged is refused."""

import pytest

from edgec.errors import ModelError
from edgec.model.exits import (
    KEY,
    Choice,
    Exit,
    read_choice,
    read_exits,
    run_shares,
    write_exits,
)
from edgec.model.load import load_model
from edgec.model.onnx_file import save_model
from tests.unit.compress.float_models import from_text


def two_outputs():
    return from_text("two (float[1,4] x) => (float[1,4] y, float[1,4] e) "
                     "{ e = Relu (x) y = Neg (e) }", {})


def test_exits_survive_a_file(tmp_path):
    model = two_outputs()
    write_exits(model, [Exit("e", 0.123456789)])
    save_model(model, tmp_path / "m.onnx")
    assert read_exits(load_model(tmp_path / "m.onnx")) == (Exit("e", 0.123456789),)


def test_how_thresholds_were_chosen_survives_a_file(tmp_path):
    model = two_outputs()
    exits, choice = [Exit("e", 0.9, 0.25, 0.75)], Choice(0.01, True, None)
    write_exits(model, exits, choice)
    save_model(model, tmp_path / "m.onnx")
    again = load_model(tmp_path / "m.onnx")
    assert (read_exits(again), read_choice(again)) == (tuple(exits), choice)


def test_runs_that_leave_nowhere_end_at_the_end():
    assert run_shares([Exit("a", 1, 0.25), Exit("b", 1, 0.5)]) == (0.25, 0.5, 0.25)
    assert run_shares([Exit("a", 1)]) == (0.0, 1.0)


def test_an_ordinary_model_has_none():
    assert read_exits(two_outputs()) == ()


@pytest.mark.parametrize(("entry", "message"), [
    ("{", "is not what edgec writes"),
    ('{"measure": "max_softmax"}', "is not what edgec writes"),
    ('{"measure": "entropy", "exits": []}', "judged by 'entropy'; known is 'max_softmax'"),
    ('{"measure": "max_softmax", "exits": []}', "it names none"),
    ("[1]", "is not what edgec writes"),
    ('{"measure": "max_softmax", "exits": [{"output": "e", "threshold": 1, "share": 1.5}]}',
     "shares \\[1.5\\]; they must be 0 or more and add up to 1"),
    ('{"measure": "max_softmax", "exits": [{"output": "z", "threshold": 1}]}',
     "names z; the model's outputs are y, e"),
    ('{"measure": "max_softmax", "exits": [{"output": "e", "threshold": -1}]}',
     "the threshold -1.0; it must be a number, 0 or more"),
    ('{"measure": "max_softmax", "exits": [{"output": "e", "threshold": 1}, '
     '{"output": "y", "threshold": 1}]}', "leave one that is no exit; it names e, y")])
def test_damaged_metadata_is_refused(entry, message):
    model = two_outputs()
    model.metadata_props[KEY] = entry
    with pytest.raises(ModelError, match=message):
        read_exits(model)
