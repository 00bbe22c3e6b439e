"""A loss that makes values inside a student like values inside its teacher.

Romero et al. 2014, arXiv 1412.6550 (FitNets), equation 3: where the two have other widths, a
learned 1x1 layer maps the student's channels to the teacher's. It is thrown away afterwards.
Divided by the teacher's mean square, so that a weight means the same for every value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import onnx_ir as ir
import torch
from torch import Tensor, nn

from edgec.compress.training.hook import Hook
from edgec.errors import MethodError
from edgec.model.execute import TorchGraph
from edgec.model.inspect import static_shape


class FeatureLoss(Hook):
    """pairs: (value of the student, value of the teacher). weight: of the mean over pairs.

    Values of rank 4 have their channels at 1, others at the end. MethodError for a value that is
    not there or that lies on another grid of positions than its partner.
    """

    def __init__(self, teacher: ir.Model, student: TorchGraph, pairs: Sequence[tuple[str, str]],
                 weight: float, seed: int) -> None:
        self.teacher = TorchGraph(teacher, ()).eval()
        self.pairs, self.weight = tuple(pairs), weight
        self.inputs = student.inputs
        made = torch.Generator().manual_seed(seed)
        self.maps = [_map(_shape(student, "student", a), _shape(self.teacher, "teacher", b),
                          (a, b), made) for a, b in self.pairs]

    def parameters(self) -> list[nn.Parameter]:
        """The maps between channels."""
        return [m for m in self.maps if m is not None]

    def watches(self) -> tuple[str, ...]:
        """The inputs, for the teacher, and the student's side of the pairs."""
        return (*self.inputs, *(a for a, _ in self.pairs))

    def penalty(self, graph: TorchGraph, values: Mapping[str, Tensor],
                done: float) -> Tensor | None:
        """weight · mean over pairs of ‖map(student) − teacher‖² / ‖teacher‖²."""
        with torch.no_grad():
            taught = self.teacher.values({name: values[name] for name in self.inputs},
                                         tuple(dict.fromkeys(b for _, b in self.pairs)))
        losses = []
        for (a, b), mapped in zip(self.pairs, self.maps, strict=True):
            found, wanted = _channels_last(values[a]), _channels_last(taught[b])
            found = found if mapped is None else found @ mapped
            size = wanted.square().mean().clamp_min(1e-12)
            losses.append((found - wanted).square().mean() / size)
        return self.weight * torch.stack(losses).mean()


def _shape(graph: TorchGraph, who: str, name: str) -> tuple[int, ...]:
    node = graph.makers.get(name)
    if node is None:
        raise MethodError(f"features names {name!r}, and the {who} computes no such value. Take "
                          "names from `edgec inspect`.")
    return static_shape(next(v for v in node.outputs if v.name == name))


def _map(student: tuple[int, ...], teacher: tuple[int, ...], names: tuple[str, str],
         made: torch.Generator) -> nn.Parameter | None:
    axis = 1 if len(student) == 4 else -1
    places = [[*shape[:axis], *shape[axis:][1:]] for shape in (student, teacher)]
    if len(student) != len(teacher) or places[0] != places[1]:
        raise MethodError(f"features pairs {names[0]} {list(student)} with {names[1]} "
                          f"{list(teacher)}: only the numbers of channels may differ.")
    if student[axis] == teacher[axis]:
        return None
    width = student[axis]
    return nn.Parameter(torch.randn(width, teacher[axis], generator=made) / width ** 0.5)


def _channels_last(x: Tensor) -> Tensor:
    return x.movedim(1, -1) if x.ndim == 4 else x
