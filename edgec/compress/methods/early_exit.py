"""Early exit: easy samples leave the network before its end, by classifiers along its depth.

Shallow-Deep Networks, Kaya et al. 2018, arXiv 1810.07052: heads of pooling and one linear layer at
shares of the cost, trained on the frozen network or with it; a run ends where the largest softmax
reaches the exit's threshold. The thresholds are chosen on validation, and anew behind every method
that changes a model with exits; of such a model this method chooses only thresholds.
Costs: `epochs` of training with the network's forward pass, one pass over validation; at run time
the heads that are passed, and latency that differs from sample to sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import onnx_ir as ir

from edgec.compress.exits.calibrate import calibrate
from edgec.compress.exits.cuts import find_cuts, nearest
from edgec.compress.exits.heads import POOLS, add_heads, head_weights
from edgec.compress.exits.report import report
from edgec.compress.method import Compressed, Given, Needs, option
from edgec.compress.training.options import TrainingMethod
from edgec.model.confidence import MOST_CLASSES
from edgec.model.exits import final_output, read_exits
from edgec.model.inspect import static_shape
from edgec.model.passes.infer_shapes import run as infer_shapes


@dataclass(frozen=True)
class EarlyExit(TrainingMethod):
    """Options of early exits."""

    needs = Needs(task=True)

    epochs: float = option(10.0, "passes over the training samples in all; 0: no training")
    learning_rate: float = option(3e-3, "highest learning rate; warm-up, then cosine to 0")
    at: tuple[float, ...] = option((0.15, 0.3, 0.45, 0.6, 0.75), "shares of the MACs where exits "
                                   "are placed, each at the nearest value that passes alone")
    pool: str = option("both", f"how a head sees its feature map: {', '.join(POOLS)}")
    follow: float = option(0.5, "part of an exit's loss that follows the network's own end; 0: "
                           "labels only")
    joint: bool = option(False, "train the network together with its exits; else it is frozen")
    max_drop: float = option(0.005, "the score on validation falls by at most this")
    per_exit: bool = option(False, "a threshold for each exit, which needs many validation "
                            "samples; else one for all")

    def check(self, model: ir.Model, given: Given) -> Iterator[str]:
        """Options out of range, no labels, no place for an exit, no logits."""
        yield from self.check_training(given)
        if not self.max_drop >= 0:
            yield f"max_drop is {self.max_drop}; it must be 0 or more."
        if not 0 <= self.follow <= 1:
            yield f"follow is {self.follow}; it must be from 0 to 1."
        if given.task is not None and given.task.loss != "cross_entropy":
            yield (f"the task's loss is {given.task.loss}; exits are judged by their softmax, so "
                   "it must be cross_entropy.")
        if not read_exits(model):
            yield from self._check_placing(model)

    def _check_placing(self, model: ir.Model) -> Iterator[str]:
        if not self.at or not all(0 < share < 1 for share in self.at):
            yield f"at is {self.at}; it must be shares above 0 and below 1, at least one."
        if self.pool not in POOLS:
            yield f"pool is {self.pool!r}; it must be one of {', '.join(POOLS)}."
        if self.mix:
            yield "mix is true, and exits learn from labels. Set mix to false."
        if any(node.op_type == "QuantizeLinear" for node in model.graph.all_nodes()):
            yield ("the model is quantized and has no exits. Place them in the float model, "
                   "then quantize; the thresholds are chosen anew behind it.")
            return
        output = model.graph.outputs[0]
        producer = output.producer()
        if producer is not None and producer.op_type == "Softmax":
            yield (f"the output {output.name!r} is a Softmax; the answers of all exits must be "
                   "logits. Export the model without its Softmax.")
        shape = static_shape(output)
        if len(shape) != 2 or shape[0] != 1 or not 2 <= shape[1] <= MOST_CLASSES:
            yield (f"the output {output.name!r} has the shape {list(shape)}; it must be "
                   f"[1, classes] with 2 to {MOST_CLASSES} classes.")
        if not find_cuts(model):
            yield ("there is no place for an exit: no feature map [1, channels, height, "
                   "width] passes alone before the last tenth of the MACs.")

    def apply(self, model: ir.Model, given: Given) -> Compressed:
        """The model with exits and thresholds, and an `EarlyExitReport`."""
        task = given.task
        assert task is not None
        if not read_exits(model):
            model = self._placed(infer_shapes(model.clone()), given)
        model, found = calibrate(model, task, self.max_drop, self.per_exit)
        return Compressed(model, report(model, read_exits(model), found, asdict(self)))

    def _placed(self, model: ir.Model, given: Given) -> ir.Model:
        """The model with trained heads."""
        from edgec.compress.exits.training import ExitLoss
        from edgec.model.execute import TorchGraph

        cuts = nearest(find_cuts(model), self.at)
        model = add_heads(model, cuts, self.pool, given.seed)
        if not self.epochs:
            return model
        exits = read_exits(model)
        shares = [cut.share for cut in cuts] if self.joint else None
        loss = ExitLoss(tuple(e.output for e in exits), final_output(model, exits), shares,
                        self.follow, self.temperature, fresh=self.joint)
        if self.joint:
            self.finetune(graph := TorchGraph(model), given, [loss])
            return graph.to_model()
        # Nothing that is frozen has a gradient, so the network's own loss and a teacher do nothing.
        frozen = replace(self, freeze_norms=0.0, teacher_weight=0.0)
        frozen.finetune(graph := TorchGraph(model, head_weights(model)), given, [loss])
        return graph.to_model()


PLUGIN = EarlyExit
