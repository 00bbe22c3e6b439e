"""Block sparsity: weights are zeroed in blocks that the target's kernels skip.

Which blocks go is what a criterion scores lowest (`edgec/compress/importance`); the weights that
are left then make up for them on real inputs: column by column (SparseGPT, Frantar and Alistarh
2023, arXiv 2301.00774), or all at once by least squares, blocks chosen in rounds (after Frantar et
al. 2022, arXiv 2208.11580). Steps follow the cubic schedule (Zhu and Gupta 2017, arXiv 1710.01878),
with fine-tuning after every step. Costs: in each step two passes over the data and linear
systems for each stage (by default each layer), and `epochs` of training, shared by the steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import ClassVar

import numpy as np
import onnx_ir as ir

from edgec import registry
from edgec.compress import criterion as criteria
from edgec.compress import patterns
from edgec.compress.method import Array, Compressed, Given, Needs, option
from edgec.compress.quantization import measure
from edgec.compress.quantization.units import weight_array
from edgec.compress.sparsity import solve
from edgec.compress.sparsity.layers import Layer, find_layers
from edgec.compress.sparsity.pattern import WITHIN, Pattern, cell_scores, parse, shares
from edgec.compress.sparsity.report import SparseLayer, SparsifyReport, Step
from edgec.compress.sparsity.storage import break_even, stored
from edgec.compress.training.cubic import cubic
from edgec.compress.training.options import TrainingMethod, validation_score


@dataclass(frozen=True)
class Sparsify(TrainingMethod):
    """Options of block sparsity."""

    pattern: str = option("auto", "what is zeroed together: auto, the block of the target's "
                          "kernels (4x16 without a target); 4x4, 4x8, 4x16; n:m as 2:4, or "
                          "unstructured, which the engine cannot skip")
    sparsity: float = option(0.75, "share of the blocks of a layer to zero, above 0 and below 1; "
                             "n:m has its own")
    criterion: str = option("obs", "what scores weights: obs, wanda, magnitude, taylor, movement")
    update: str = option("lstsq", "what happens to the weights that are left: none, sparsegpt, "
                         "lstsq")
    within: str = option("layer", "where blocks compete: layer, row (the same share in each row of "
                         "blocks), global (over all layers)")
    most: float = option(0.95, "with global, at most this share of a layer's blocks")
    steps: int = option(1, "times that blocks go, after a cubic schedule, with fine-tuning behind "
                        "each")
    stages: int = option(0, "groups of layers, front to back; a group is solved for on the inputs "
                         "that the groups before it give when sparse; 0: each layer is a group")
    include: tuple[str, ...] = option((), "names of layers, * and ? allowed; none: all that the "
                                      "target runs faster, without the one that reads the input")
    exclude: tuple[str, ...] = option((), "names of layers that stay dense; * and ? allowed")
    max_drop: float = option(-1.0, "a step after which validation is worse by more than this is "
                             "undone, and the rest left out; below 0: no such gate")

    needs: ClassVar[Needs] = Needs(data=True)

    def check(self, model: ir.Model, given: Given) -> Iterator[str]:
        """Options out of range, labels missing, no layer that could be sparse."""
        yield from self.check_training(given)
        yield from self._check_options(given)
        if any(node.op_type == "QuantizeLinear" for node in model.graph.all_nodes()):
            yield "the model is quantized already. Sparsify the float model, then quantize."
            return
        yield from patterns.unknown(model, include=self.include, exclude=self.exclude)
        if parse(self.pattern, given.target) is None:
            return
        found, dense = self.find(model, given)
        if not found:
            reasons = "\n".join(f"    {name}: {reason}" for name, reason in dense.items())
            yield "no layer can be sparse" + (f":\n{reasons}" if reasons else
                                              ": the model has no layer with weights.")

    def _check_options(self, given: Given) -> Iterator[str]:
        if parse(self.pattern, given.target) is None:
            yield (f"pattern is {self.pattern!r}; it must be auto, 4x4, 4x8, 4x16, n:m with n "
                   "below m, or unstructured.")
        if not 0 < self.sparsity < 1:
            yield f"sparsity is {self.sparsity}; it must be above 0 and below 1."
        if not 0 < self.most < 1:
            yield f"most is {self.most}; it must be above 0 and below 1."
        for name, allowed in (("update", solve.UPDATES), ("within", WITHIN)):
            if getattr(self, name) not in allowed:
                yield f"{name} is {getattr(self, name)!r}; it must be one of {', '.join(allowed)}."
        for name, least in (("steps", 1), ("stages", 0)):
            if getattr(self, name) < least:
                yield f"{name} is {getattr(self, name)}; it must be {least} or more."
        if self.max_drop >= 0 and given.task is None:
            yield (f"max_drop is {self.max_drop} and there are no labelled samples to judge by. "
                   "Give a task, or set max_drop below 0.")
        known = [n for n in registry.names(criteria.PACKAGE) if criteria.load(n).of_elements]
        if self.criterion not in known:
            yield f"criterion is {self.criterion!r}; it must be one of {', '.join(known)}."
        elif criteria.load(self.criterion).needs.task and given.task is None:
            yield (f"the criterion {self.criterion} needs labelled samples. Give a task, or use "
                   "one that does without, as obs.")

    def find(self, model: ir.Model, given: Given) -> tuple[tuple[Layer, ...], dict[str, str]]:
        """The layers to make sparse, and why the other linear ones stay dense."""
        found, dense = find_layers(model)
        pattern = parse(self.pattern, given.target)
        assert pattern is not None
        wanted = []
        for layer in found:
            if reason := self._stays_dense(layer, pattern, given):
                dense[layer.name] = reason
            else:
                wanted.append(layer)
        return tuple(wanted), dense

    def _stays_dense(self, layer: Layer, pattern: Pattern, given: Given) -> str:
        if why := patterns.excluded(self.exclude, (layer.name,)):
            return why
        if self.include:
            named = patterns.hit(self.include, (layer.name,))
            return "include does not name it" if named is None else ""
        if layer.unit.inputs[0].is_graph_input():
            return "it reads the model's input; include it by name to make it sparse"
        if pattern.is_blocks and self.within != "global" and (
                needed := break_even(pattern, given.target)) >= self.sparsity:
            return (f"with {self.sparsity:.0%} of its blocks zero it would be no faster; "
                    f"break-even is {needed:.0%}")
        return ""

    def twice(self) -> tuple[Sparsify, Sparsify] | None:
        """The second pass finds the blocks that the first zeroed, and zeroes the rest; both zero
        the same share of what they find, in half of the epochs. None for a fixed share, as n:m."""
        pattern = parse(self.pattern, None)
        if pattern is None or pattern.of:
            return None
        half = replace(self, epochs=self.epochs / 2)
        return replace(half, sparsity=1 - (1 - self.sparsity) ** 0.5), half

    def apply(self, model: ir.Model, given: Given) -> Compressed:
        """The sparse model and a `SparsifyReport`."""
        data = given.data
        assert data is not None
        given = replace(given, data=tuple(data) if iter(data) is data else data)
        return _Sparsification(self, model, given).run()


class _Sparsification:
    """One application of the method."""

    def __init__(self, method: Sparsify, model: ir.Model, given: Given) -> None:
        self.method, self.original, self.given = method, model, given
        pattern = parse(method.pattern, given.target)
        assert pattern is not None
        self.pattern = pattern
        self.layers, self.dense = method.find(model, given)
        self.criterion = criteria.load(method.criterion)

    def run(self) -> Compressed:
        model, steps = self.original, []
        before = validation_score(model, self.given)
        count = 1 if self.pattern.of else self.method.steps
        for number in range(1, count + 1):
            goal = self.pattern.fixed_share or cubic(self.method.sparsity, number / count)
            self.given.progress(f"step {number} of {count}: {goal:.0%} of the cells shall be zero")
            sparse = self._sparse(model, goal)
            trained = self.method.finetuned(sparse, self.given, (), self.method.epochs / count)
            step = Step(goal, validation_score(sparse, self.given),
                        validation_score(trained, self.given), False)
            drop = (before or 0.0) - (step.score_trained or 0.0)
            if 0 <= self.method.max_drop < drop:
                steps.append(replace(step, rolled_back=True))
                break
            steps.append(step)
            model = trained
        return Compressed(model, self._report(model, tuple(steps), before))

    def _sparse(self, model: ir.Model, goal: float) -> ir.Model:
        """One removal; the weights that are left are solved for, stage by stage."""
        layers, method = self._named(model), self.method
        solver_decides = method.criterion == "obs" and method.update != "none"
        competing = method.within == "global" and not self.pattern.of
        scores = {} if solver_decides and not competing else self._scores(model, layers)
        goals = self._goals(layers, scores, goal) if competing else {
            layer.name: goal for layer in layers}
        jobs = [solve.Job(layer, self.pattern, goals[layer.name], method.within,
                          None if solver_decides else scores[layer.name])
                for layer in layers if layer.name in goals]
        result, data = model, self.given.data
        assert data is not None
        for number in np.array_split(np.arange(len(jobs)), method.stages or max(1, len(jobs))):
            stage = [jobs[i] for i in number]
            if stage:
                self.given.progress(", ".join(job.layer.name for job in stage))
                result = solve.solve(stage, method.update, model, result, data)
        return result

    def _named(self, model: ir.Model) -> list[Layer]:
        """The layers to make sparse, as they are in this model."""
        names = {layer.name for layer in self.layers}
        return [layer for layer in find_layers(model)[0] if layer.name in names]

    def _scores(self, model: ir.Model, layers: Sequence[Layer]) -> dict[str, Array]:
        """What the criterion says, by layer, [outputs, depth]."""
        found = self.criterion.elements(model, [layer.weight for layer in layers], self.given)
        return {layer.name: layer.matrix(found[layer.weight]) for layer in layers}

    def _goals(self, layers: Sequence[Layer], scores: Mapping[str, Array],
               goal: float) -> dict[str, float]:
        """The shares of zero cells when layers compete; layers that get no faster are out."""
        cells = [cell_scores(scores[layer.name], self.pattern, layer.taps) for layer in layers]
        needed = break_even(self.pattern, self.given.target) if self.pattern.is_blocks else 0.0
        needed *= goal / self.method.sparsity  # the way there is not faster yet
        return {layer.name: share for layer, share in
                zip(layers, shares(cells, goal, self.method.most), strict=True) if share > needed}

    def _report(self, model: ir.Model, steps: tuple[Step, ...],
                score: float | None) -> SparsifyReport:
        layers, data = self._named(model), self.given.data
        assert data is not None
        outputs = {name: name for layer in layers for name in [str(layer.unit.output.name)]}
        signal = measure.difference(self.original, model, outputs, measure.first_samples(data))
        rows = []
        for layer in layers:
            weight = layer.matrix(weight_array(layer.unit))
            cells = cell_scores(np.abs(weight), self.pattern, layer.taps) > 0
            rows.append(SparseLayer(
                layer.name, layer.unit.op, cells.size, int(cells.sum()),
                float(np.mean(weight == 0)), signal[str(layer.unit.output.name)],
                stored(weight, layer.taps, self.given.target)))
        return SparsifyReport(self.pattern.text(), tuple(rows), self.dense, steps, score,
                              self._notes(steps), asdict(self.method))

    def _notes(self, steps: tuple[Step, ...]) -> tuple[str, ...]:
        notes = []
        if not self.pattern.is_blocks:
            notes.append(f"{self.pattern.text()} zeros make a packed file smaller and nothing "
                         "faster: the engine skips whole blocks only")
        if steps[-1].rolled_back:
            notes.append(f"step {len(steps)} lowered validation by more than "
                         f"{self.method.max_drop} and was undone")
        return tuple(notes)


PLUGIN = Sparsify
