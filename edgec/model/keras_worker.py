"""The process that converts a Keras file or SavedModel folder to a float .tflite file.

    python keras_worker.py MODEL OUT.tflite '{"input": [1, 224, 224, 3]}'

Imports nothing of edgec. What is wrong is written to the standard error behind MARK; exit code 1.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

MARK = "edgec: "  # in front of what is wrong, among what TensorFlow prints
Shapes = Mapping[str, Sequence[int]]


def convert(model: str, out: str, shapes: Shapes) -> None:
    """Writes `out`. The batch of every input is fixed, so that no shape is computed."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    source = Path(model)
    if source.is_dir():
        loaded = tf.saved_model.load(model)
        function, specs = _signature(loaded)
    else:
        loaded = tf.keras.models.load_model(model, compile=False)
        function, specs = _inference(loaded)
    inputs = {name: tf.TensorSpec(fixed(name, spec.shape, shapes), spec.dtype, name=name)
              for name, spec in specs.items()}
    concrete = tf.function(lambda **given: function(given)).get_concrete_function(**inputs)
    frozen = convert_variables_to_constants_v2(concrete)  # else weights become variables
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    Path(out).write_bytes(converter.convert())


def _signature(loaded: Any) -> tuple[Any, Mapping[str, Any]]:
    """What a SavedModel serves: its only signature, or the one by the usual name."""
    found = dict(loaded.signatures)
    if len(found) != 1 and "serving_default" not in found:
        raise ValueError(f"the SavedModel has the signatures {sorted(found)}; it needs one named "
                         "serving_default")
    signature = found.get("serving_default") or next(iter(found.values()))
    return lambda inputs: signature(**inputs), signature.structured_input_signature[1]


def _inference(model: Any) -> tuple[Any, Mapping[str, Any]]:
    """A Keras model in inference mode, its inputs by name."""
    if not getattr(model, "inputs", None):
        raise ValueError("the model has never seen an input, so its shapes are unknown; build it "
                         "before it is saved")
    specs = {_plain(tensor.name): tensor for tensor in model.inputs}
    order = list(specs)

    def run(inputs: Mapping[str, Any]) -> Any:
        values = [inputs[name] for name in order]
        return model(values if len(values) > 1 else values[0], training=False)

    return run, specs


def _plain(name: str) -> str:
    """A name that can be a keyword."""
    plain = "".join(c if c.isalnum() else "_" for c in name.split(":", maxsplit=1)[0])
    return plain if plain.isidentifier() else f"input_{plain}"


def fixed(name: str, shape: Any, shapes: Shapes) -> list[int]:
    """The shape of an input in numbers: as given, else with a batch of 1; ValueError if open."""
    dims = list(shape)
    if name in shapes:
        return [int(dim) for dim in shapes[name]]
    dims = [1 if i == 0 and dim is None else dim for i, dim in enumerate(dims)]
    if None in dims:
        raise ValueError(f"the input {name!r} has the open shape {list(shape)}; give it with "
                         f"--shape {name}=1,...")
    return [int(dim) for dim in dims]


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    try:
        convert(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
    except Exception as error:  # whatever TensorFlow raises: its text is for the user
        sys.stderr.write(f"\n{MARK}{type(error).__name__}: {error}\n")
        sys.exit(1)
