"""Low-rank factorization: a layer becomes two thinner ones, chosen by what its inputs show.

A linear layer W becomes A B; a convolution one to fewer channels and a 1x1 one, or two with kernels
in one direction each. Plain SVD keeps the weights, ASVD and the whitened SVD keep the outputs, the
learned spectrum keeps what the whole model puts out.
Papers: Wang et al. 2024, arXiv 2403.07378 (whitened, the default); Yuan et al. 2023, arXiv
2312.05821 (asvd); Jaderberg et al. 2014, arXiv 1405.3866 (spatial); Li et al. 2025, arXiv
2502.15092 (spectrum: a reconstruction, the paper's own formulas were not available). Costs: a pass
over the data and one decomposition per layer; sensitivity: a few runs per layer; spectrum: `steps`
steps of training.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import onnx_ir as ir

from edgec.compress import patterns
from edgec.compress.factor.allocate import uniform, water_fill
from edgec.compress.factor.choose import DECOMPOSITIONS, Choice, decompose, keep
from edgec.compress.factor.insert import insert
from edgec.compress.factor.layers import CONV, find_layers
from edgec.compress.factor.report import LowRankReport, described, left_alone
from edgec.compress.factor.statistics import collect
from edgec.compress.method import Batch, Compressed, Given, Needs, option
from edgec.compress.training.options import TrainingMethod

ALLOCATIONS = ("uniform", "loss", "sensitivity")
_JUDGES = 16  # runs by which sensitivity is measured


@dataclass(frozen=True)
class LowRank(TrainingMethod):
    """Options of low-rank factorization."""

    epochs: float = option(0.0, "of fine-tuning the factored model; needs a task when above 0")
    ratio: float = option(0.2, "share of weights REMOVED, of those in layers that can be factored")
    decomposition: str = option("whitened", f"one of {', '.join(DECOMPOSITIONS)}; spectrum learns "
                                            "which components of whitened ones to keep")
    allocation: str = option("sensitivity", "of the ratio to layers: uniform, loss (of each "
                                            "layer's output), sensitivity (of the model's); with "
                                            "spectrum where learning starts")
    conv: str = option("auto", "halves of a convolution: channel (then 1x1), spatial (a column, "
                               "then a row), or auto: the better for each")
    exclude: tuple[str, ...] = option((), "names of nodes that stay as they are; * and ? allowed")
    round_to: int = option(4, "ranks are multiples of this, as kernels like them")
    alpha: float = option(0.5, "asvd: exponent of the inputs' magnitudes")
    steps: int = option(200, "spectrum: steps of training")
    step_runs: int = option(8, "spectrum: runs of the model in each step")

    needs: ClassVar[Needs] = Needs(data=True)

    def check(self, model: ir.Model, given: Given) -> Iterator[str]:
        """Options out of range, nothing to factor."""
        yield from self.check_training(given)
        if not 0 < self.ratio < 1:
            yield f"ratio is {self.ratio}; it must be above 0 and below 1."
        for name, allowed in (("decomposition", DECOMPOSITIONS), ("allocation", ALLOCATIONS),
                              ("conv", CONV)):
            if (value := getattr(self, name)) not in allowed:
                yield f"{name} is {value!r}; it must be one of {', '.join(allowed)}."
        for name in ("round_to", "steps", "step_runs"):
            if (value := getattr(self, name)) < 1:
                yield f"{name} is {value}; it must be 1 or more."
        if not 0 <= self.alpha <= 2:
            yield f"alpha is {self.alpha}; it must be from 0 to 2."
        yield from patterns.unknown(model, exclude=self.exclude)
        found, reasons = find_layers(model, self.conv, self.exclude, self.round_to)
        if not found:
            listing = "; ".join(f"{name}: {why}" for name, why in reasons.items())
            yield f"no layer can be factored ({listing or 'there is no linear layer'})."

    def twice(self) -> tuple[LowRank, LowRank]:
        """Both remove the same share of what they find, in half of the epochs."""
        half = replace(self, ratio=1 - (1 - self.ratio) ** 0.5, epochs=self.epochs / 2)
        return half, half

    def apply(self, model: ir.Model, given: Given) -> Compressed:
        """The factored model and a `LowRankReport`."""
        assert given.data is not None
        runs = tuple(given.data)
        found, reasons = find_layers(model, self.conv, self.exclude, self.round_to)
        seen = collect(model, [forms[0].unit for forms in found], runs)
        whole = []
        for forms in found:
            whole.append(decompose(forms, seen.pop(forms[0].name), self.decomposition, self.alpha,
                                   self.ratio))
            given.progress(f"decomposed {forms[0].name}: {len(whole)} of {len(found)} layers")
        choices, learning, biases = self._chosen(model, whole, runs, given)
        factored = insert(model, {
            c.layer.name: (c.layer, c.components.factors(c.kept, c.scores))
            for c in choices if c.kept is not None}, biases)
        factored, scores = self._tuned(factored, given)
        return Compressed(factored, LowRankReport(
            (*map(described, choices), *(left_alone(*item) for item in reasons.items())),
            sum(c.layer.parameters for c in choices), sum(c.weights for c in choices), learning,
            scores, asdict(self)))

    def _chosen(self, model: ir.Model, whole: Sequence[Choice], runs: Sequence[Batch],
                given: Given) -> tuple[list[Choice], dict[str, Any] | None, dict[str, Any]]:
        """What each layer keeps, how learning that went, and the biases that it changed."""
        even = uniform([c.curve() for c in whole], self.ratio, self.round_to)
        if self.decomposition != "spectrum" and self.allocation == "uniform":
            return keep(whole, even), None, {}
        weights = self._weights(model, keep(whole, even), runs)
        if self.decomposition != "spectrum":
            curves = [c.curve(w) for c, w in zip(whole, weights, strict=True)]
            return keep(whole, water_fill(curves, self.ratio, self.round_to)), None, {}
        from edgec.compress.factor.spectrum import Plan, learn

        plan = Plan(self.ratio, self.round_to, self.steps, self.step_runs, self._distance(),
                    weights)
        learned = learn(model, whole, runs, plan, given)
        return list(learned.choices), learned.report, dict(learned.biases)

    def _weights(self, model: ir.Model, cut: Sequence[Choice],
                 runs: Sequence[Batch]) -> list[float]:
        """How much each layer's relative loss counts when ranks are shared."""
        if self.allocation != "sensitivity":
            return [1.0] * len(cut)
        from edgec.compress.factor.overrides import Overrides, stacked
        from edgec.compress.factor.sensitivity import sensitivities
        from edgec.model.execute import TorchGraph

        overrides = Overrides(TorchGraph(model, ()), self._distance())
        return sensitivities(overrides, cut,
                             overrides.judged(stacked(runs[:_JUDGES], self.step_runs)))

    def _distance(self) -> str:
        return "mse" if self.teacher_loss == "mse" else "kd"

    def _tuned(self, model: ir.Model, given: Given) -> tuple[ir.Model, tuple[float, ...] | None]:
        if not self.epochs or given.task is None:
            return model, None
        from edgec.model.execute import TorchGraph

        graph = TorchGraph(model)
        trained = self.finetune(graph, given)
        assert trained is not None
        return graph.to_model(), trained.scores


PLUGIN = LowRank
