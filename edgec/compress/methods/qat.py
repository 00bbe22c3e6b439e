"""Quantization-aware training: trains the weights and scales of the very QDQ graph that ships.

Esser et al. 2019 (LSQ), arXiv 1902.08153, with the gradients of equations 3 and 5. A float model is
quantized after training first (`quantize`, batch normalization folded) and a quantized one is taken
as it is; both are where training starts, instead of the paper's 2 mean|x| / sqrt(Q_P). Zero points
stay; biases become int32 again at the end. The teacher is the float model that was given, or the
one that `Given` names. Costs: `epochs` passes over the training samples, each two to three times as
slow as those of the float model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx_ir as ir

from edgec.compress.method import CALIBRATION_SAMPLES, Array, Compressed, Given, Place, option
from edgec.compress.methods.quantize import Quantize
from edgec.compress.quantization.insert_qdq import insert_qdq
from edgec.compress.quantization.trainable import TrainingGraph, ship
from edgec.compress.quantization.training_graph import (
    Parameters,
    float_parameters,
    training_graph,
)
from edgec.compress.training.options import TrainingMethod

if TYPE_CHECKING:
    from edgec.compress.training.finetune import Trained

_SPARSE = 0.5  # share of zeros from which an integer weight counts as pruned


@dataclass(frozen=True)
class QatReport:
    """trained: None without training. changed: share of the weights whose integer changed.

    sparse: layers whose zeros were kept. options: the method's.
    """

    trained: Trained | None
    changed: float
    sparse: tuple[str, ...]
    options: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        trained = None if self.trained is None else {**asdict(self.trained),
                                                     "score": self.trained.score}
        return {"method": "qat", "trained": trained, "changed": self.changed,
                "sparse": list(self.sparse), "options": self.options}


@dataclass(frozen=True)
class Qat(TrainingMethod):
    """Options of quantization-aware training."""

    weight_bits: int = option(8, "bits of a weight, 2 to 8, where the model is still float")
    eight_bits: tuple[str, ...] = option((), "names of layers whose weights keep 8 bits where "
                                         "weight_bits is less; * and ? allowed")
    exclude: tuple[str, ...] = option((), "names of nodes that stay in float; * and ? allowed")
    learn_scales: bool = option(True, "train the scales too; false: the weights alone")

    def check(self, model: ir.Model, given: Given) -> Iterator[str]:
        """Options out of range, and what `quantize` cannot quantize."""
        yield from self.check_training(given)
        if not _is_quantized(model):
            yield from self._quantize().check(model, given)
            if given.data is None and given.task is None:
                yield ("the model is float, so its ranges must be measured first. Give data, a "
                       "task, or a model that is quantized already.")
        elif not training_graph(model, {}).weights:
            yield "no layer of the quantized model has integer weights that could be trained."

    def place(self) -> Place:
        """Trains quantized models further, and quantizes float ones first."""
        return Place(takes_quantized=True, quantizes=True)

    def apply(self, model: ir.Model, given: Given) -> Compressed:
        """The trained QDQ model and a `QatReport`."""
        start, floats = self._start(model, given)
        if given.teacher is None and not _is_quantized(model):
            given = replace(given, teacher=model)
        training = training_graph(start, floats)
        masks = self._masks(training, floats, start)
        trained, model_now = self._train(training, given, masks)
        result = ship(start, training, model_now)
        return Compressed(result, QatReport(trained, _changed(training, start, result),
                                            tuple(masks), asdict(self)))

    def _quantize(self) -> Quantize:
        return Quantize(weight_bits=self.weight_bits, eight_bits=self.eight_bits,
                        exclude=self.exclude)

    def _start(self, model: ir.Model, given: Given) -> tuple[ir.Model, Parameters]:
        """The QDQ model to train, and the floats that its integers were made of."""
        if _is_quantized(model):
            return model, {}
        data = given.data
        if data is None:
            assert given.task is not None
            data = tuple(given.task.train.take(slice(CALIBRATION_SAMPLES)).runs())
        found = self._quantize().plan(model, data)
        return insert_qdq(found.exact, found.plan), float_parameters(found.exact)

    def _train(self, training: TrainingGraph, given: Given,
               masks: dict[str, Array]) -> tuple[Trained | None, ir.Model]:
        from edgec.compress.quantization.lsq import QuantizationHook
        from edgec.model.execute import TorchGraph

        scales = training.scales if self.learn_scales else ()
        ratios = {scale.ratio for scale in training.scales}
        names = [n for n in training.trainable if self.learn_scales or n not in ratios]
        graph = TorchGraph(training.model, names)
        hook = QuantizationHook(replace(training, scales=scales), masks)
        trained = self.finetune(graph, given, (hook,))
        return trained, graph.to_model()

    def _masks(self, training: TrainingGraph, floats: Parameters,
               start: ir.Model) -> dict[str, Array]:
        """Where weights may change, for the layers that were pruned."""
        found = {}
        for weight in training.weights if self.keep_zeros else ():
            value = start.graph.initializers[weight.integers].const_value
            assert value is not None
            alive = np.asarray(value.numpy()) != 0
            if alive.mean() <= 1 - _SPARSE:
                found[weight.name] = alive.astype(np.float32)
        return found


def _is_quantized(model: ir.Model) -> bool:
    return any(node.op_type == "QuantizeLinear" for node in model.graph)


def _changed(training: TrainingGraph, before: ir.Model, after: ir.Model) -> float:
    different = total = 0
    for weight in training.weights:
        old, new = (m.graph.initializers[weight.integers].const_value for m in (before, after))
        assert old is not None
        assert new is not None
        different += int((old.numpy() != new.numpy()).sum())
        total += old.size
    return different / max(1, total)


PLUGIN = Qat
