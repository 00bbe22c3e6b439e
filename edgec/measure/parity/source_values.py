"""Every value that LiteRT computes of the .tflite file that a model was imported from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from edgec.lower.expose import OUTPUT_LIMIT
from edgec.lower.graph import Array
from edgec.measure.parity.machines import Machine
from edgec.model.onnx_file import read_bytes
from edgec.model.tflite_expose import expose_tflite, input_names, output_names


class SourceValues:
    """A .tflite file that runs on a machine; what is made of it lies in `folder`.

    operators: by the name of each tensor that is seen, what writes it.
    """

    def __init__(self, path: Path, machine: Machine, folder: Path) -> None:
        data, where = read_bytes(path), str(path)
        self._path, self._machine = path, machine
        self._inputs, self._outputs = input_names(data, where), output_names(data, where)
        self._parts: list[tuple[Path, tuple[str, ...]]] = []
        self.operators: dict[str, str] = {}
        folder.mkdir(parents=True)
        for number, part in enumerate(expose_tflite(data, where, OUTPUT_LIMIT)):
            file = folder / f"part_{number}.tflite"
            file.write_bytes(part.data)
            self._parts.append((file, tuple(part.outputs)))
            self.operators.update(part.outputs)

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """What the operators write, by name; the model's outputs by the file as it is. EngineError.
        """
        given = [inputs[name] for name in self._inputs]
        values: dict[str, Array] = {}
        for path, names in (*self._parts, (self._path, self._outputs)):
            values.update(zip(names, self._machine.run(path, given, len(names)), strict=True))
        return values
