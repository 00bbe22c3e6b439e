"""Early exit: easy samples leave the network before its end, by classifiers along its depth.

Shallow-Deep Networks, Kaya et al. 2018, arXiv 1810.07052: heads of pooling and one linear layer at
shares of the cost, trained on the frozen network or with it; a run ends where the largest softmax
reaches the exit's threshold. The thresholds are chosen on validation: of a model that has exits
already, as one that was quantized after them, only the thresholds are chosen anew.
Costs: `epochs` of training with the network's forward pass, one pass over validation; at run time
the heads that are passed, and latency that differs from sample to sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import onnx_ir as ir

from edgec.compress.exits.cuts import find_cuts, nearest
from edgec.compress.exits.heads import POOLS, add_heads, head_weights
from edgec.compress.exits.outcomes import outcomes
from edgec.compress.exits.report import report
from edgec.compress.exits.thresholds import choose
from edgec.compress.method import Compressed, Given, Needs, option
from edgec.compress.training.options import TrainingMethod
from edgec.model.confidence import MOST_CLASSES
from edgec.model.exits import Exit, read_exits, write_exits
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
    joint: bool = option(False, "train the network together with its exits; else it is frozen")
    max_drop: float = option(0.005, "the score on validation falls by at most this")
    per_exit: bool = option(False, "a threshold for each exit, which needs many validation "
                            "samples; else one for all")

    def check(self, model: ir.Model, given: Given) -> Iterator[str]:
        """Options out of range, no labels, no place for an exit, no logits."""
        yield from self.check_training(given)
        if not self.max_drop >= 0:
            yield f"max_drop is {self.max_drop}; it must be 0 or more."
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
        if any(node.op_type == "QuantizeLinear" for node in model.graph.all_nodes()):
            yield ("the model is quantized and has no exits. Place them in the float model, "
                   "quantize, then run early_exit again for the thresholds.")
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
        model = infer_shapes(model.clone())  # quantize leaves some open
        if not read_exits(model):
            model = self._placed(model, given)
        exits = read_exits(model)
        found = outcomes(model, exits, task.validation, task.metric)
        chosen = choose(found, self.max_drop, self.per_exit)
        exits = tuple(Exit(e.output, t) for e, t in zip(exits, chosen, strict=True))
        write_exits(model, exits)
        return Compressed(model, report(model, exits, found, asdict(self)))

    def _placed(self, model: ir.Model, given: Given) -> ir.Model:
        """The model with trained heads."""
        from edgec.compress.exits.training import ExitLoss
        from edgec.model.execute import TorchGraph

        cuts = nearest(find_cuts(model), self.at)
        model = add_heads(model, cuts, self.pool, given.seed)
        if not self.epochs:
            return model
        names = [e.output for e in read_exits(model)]
        if self.joint:
            self.finetune(graph := TorchGraph(model), given,
                          [ExitLoss(names, [cut.share for cut in cuts])])
            return graph.to_model()
        # Nothing that is frozen has a gradient, so the network's own loss and a teacher do nothing.
        frozen = replace(self, freeze_norms=0.0, teacher_weight=0.0)
        graph = TorchGraph(model, head_weights(model))
        frozen.finetune(graph, given, [ExitLoss(names, None)])
        return graph.to_model()


PLUGIN = EarlyExit
