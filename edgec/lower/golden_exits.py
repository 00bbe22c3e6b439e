"""Golden vectors of a graph with early exits: inputs that leave it at each of them.

Typical inputs serve best; where there are none, or none leaves at some exit, noise is tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from edgec.format.bundle import Answered
from edgec.lower.golden import SEED, tolerance, values
from edgec.lower.graph import DTYPES, Array, Graph, Node
from edgec.lower.interpret import interpret
from edgec.model.confidence import softmax_sums
from edgec.model.exits import end_of, final_output, read_choice, read_exits, run_shares

TYPICAL, NOISE = 200, 32  # inputs that are tried, of each kind
LOUDNESS = (1.0, 0.0, 0.5, 0.25)  # of the noise
CLEAR = 0.02  # a decision nearer to its limit may turn where float32 differs in the last bits


@dataclass(frozen=True)
class GoldenExits:
    """inputs, outputs: one array each, the samples stacked in the first dimension.

    answers: int32 [samples], the output that each is answered by. missing: outputs for which no
    input was found.
    """

    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]
    tolerance: float
    answers: Array
    missing: tuple[str, ...]


def golden_exits(graph: Graph, exact: bool = True,
                 samples: Mapping[str, Array] | None = None) -> GoldenExits:
    """samples: typical inputs by name, [n, ...] each. exact: as for `golden`."""
    exits = [node for node in graph.nodes if node.op == "exit"]
    ends = [node.outputs[0] for node in exits]
    wanted = [*ends, end_of(graph.outputs, ends)]
    found: dict[str, tuple[Mapping[str, Array], Mapping[str, Array]]] = {}
    close: dict[str, tuple[Mapping[str, Array], Mapping[str, Array]]] = {}
    for inputs in _candidates(graph, samples):
        outputs = interpret(graph, inputs)
        answer, clear = _answer(exits, outputs, wanted[-1])
        (found if exact or clear else close).setdefault(answer, (inputs, outputs))
        if len(found) == len(wanted):
            break
    found = found or close
    names = [name for name in wanted if name in found]
    outputs_of = tuple(_stacked([found[n][1][name] for n in names]) for name in graph.outputs)
    return GoldenExits(
        tuple(_stacked([found[n][0][name] for n in names]) for name in graph.inputs),
        outputs_of, tolerance(graph, outputs_of, exact),
        np.asarray([graph.outputs.index(name) for name in names], np.int32),
        tuple(name for name in wanted if name not in found))


def has_exits(graph: Graph) -> bool:
    """Whether a run may end early."""
    return any(node.op == "exit" for node in graph.nodes)


def answered(model: ir.Model) -> tuple[Answered, ...]:
    """What validation said of a model with early exits when its thresholds were chosen."""
    exits, choice = read_exits(model), read_choice(model)
    if not exits:
        return ()
    shares = run_shares(exits) if choice else (None,) * (len(exits) + 1)
    scores = (*(e.score for e in exits), choice.end_score if choice else None)
    ends = (*(e.output for e in exits), final_output(model, exits))
    return tuple(map(Answered, ends, shares, scores))


def _answer(exits: Sequence[Node], outputs: Mapping[str, Array], end: str) -> tuple[str, bool]:
    """The output that answers, and whether no decision on the way there was a close one."""
    clear = True
    for node in exits:
        limit = node.attributes.limit
        total = int(softmax_sums(outputs[node.outputs[0]].reshape(1, -1))[0])
        clear = clear and abs(total - limit) > CLEAR * limit
        if total <= limit:
            return node.outputs[0], clear
    return end, clear


def _candidates(graph: Graph, samples: Mapping[str, Array] | None) -> Iterator[dict[str, Array]]:
    tensors = {name: graph.tensors[name] for name in graph.inputs}
    if samples is not None and set(samples) == set(tensors):
        for row in range(min(TYPICAL, *(len(array) for array in samples.values()))):
            yield {name: np.asarray(samples[name][row], DTYPES[t.dtype]).reshape(t.shape)
                   for name, t in tensors.items()}
    random = np.random.default_rng(SEED)
    for number in range(NOISE):
        loud = LOUDNESS[number % len(LOUDNESS)]
        noise = {name: values(graph, t, random) for name, t in tensors.items()}
        yield {name: (array * loud).astype(array.dtype) for name, array in noise.items()}


def _stacked(arrays: Sequence[Array]) -> Array:
    return np.concatenate([np.atleast_1d(array) for array in arrays])
