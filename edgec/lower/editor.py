"""A graph that can be changed: what the importer builds with and the passes rewrite with.

The editor knows who writes and who reads each tensor. `finish` gives a frozen Graph in execution
order, without what no output needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from edgec.errors import LoweringError
from edgec.lower import catalog
from edgec.lower.graph import DTYPES, Array, Graph, Node, Quantization, Tensor
from edgec.lower.ops.reshape import Reshape

_DTYPE_NAMES = {dtype: name for name, dtype in DTYPES.items()}
_FIXED_DTYPE = {"quantize": "s8", "dequantize": "f32"}
_CHOSEN_DTYPE = ("cast", "lut")  # by their attribute `to`


class Editor:
    """Nodes and tensors under change. Each node has one output; names stay unique."""

    def __init__(self, graph: Graph) -> None:
        self.name, self.inputs, self.outputs = graph.name, graph.inputs, list(graph.outputs)
        self._tensors = dict(graph.tensors)
        self._nodes: dict[str, Node] = {}
        self._producers: dict[str, str] = {}
        self._consumers: dict[str, dict[str, None]] = {}
        self._taken = set(graph.tensors)
        for node in graph.nodes:
            self._insert(node)

    # Reading

    def nodes(self) -> list[Node]:
        """The nodes as they are now; not necessarily in execution order."""
        return list(self._nodes.values())

    def current(self, node: Node) -> Node | None:
        """The node of that name as it is now, None when it is gone."""
        return self._nodes.get(node.name)

    def has(self, tensor: Tensor) -> bool:
        """Whether this very tensor is one of the graph's."""
        return self._tensors.get(tensor.name) is tensor

    def tensor(self, name: str) -> Tensor:
        """The tensor of that name."""
        return self._tensors[name]

    def data(self, name: str) -> Array | None:
        """The value of a constant, None for other tensors and for the absent input ''."""
        return self._tensors[name].data if name else None

    def producer(self, tensor: str) -> Node | None:
        """The node that writes `tensor`, None for inputs, constants and the absent input ''."""
        name = self._producers.get(tensor)
        return None if name is None else self._nodes[name]

    def consumers(self, tensor: str) -> list[Node]:
        """The nodes that read `tensor`, each once."""
        return [self._nodes[name] for name in self._consumers.get(tensor, ())]

    def edges(self, node: Node) -> Iterator[tuple[Node, Node]]:
        """(node, reader) for each reader, both as they are when their turn comes.

        A change at one reader may rename tensors or take nodes away; those are left out.
        """
        for reader in self.consumers(node.outputs[0]):
            writer, current = self.current(node), self.current(reader)
            if writer is not None and current is not None \
                    and writer.outputs[0] in current.inputs:
                yield writer, current

    def only_reader(self, tensor: str) -> Node | None:
        """The one node that reads `tensor`; None when there are others or it is a graph output."""
        readers = self.consumers(tensor)
        return readers[0] if len(readers) == 1 and tensor not in self.outputs else None

    # Building

    def reserve(self, names: Iterable[str]) -> None:
        """Keep `names` from being given to new tensors and nodes."""
        self._taken.update(names)

    def fresh(self, stem: str) -> str:
        """A tensor or node name nobody has: `stem`, or `stem` with a number."""
        name, number = stem, 1
        while name in self._taken or name in self._nodes or not name:
            name, number = f"{stem}.{number}", number + 1
        self._taken.add(name)
        return name

    def add_constant(self, stem: str, data: Array, quantization: Quantization | None = None) -> str:
        """A new constant named after `stem`; LoweringError for a type the graph does not have."""
        data = np.ascontiguousarray(data).reshape(np.shape(data))
        dtype = _DTYPE_NAMES.get(data.dtype)
        if dtype is None:
            raise LoweringError(f"the constant {stem!r} is {data.dtype}; the integer graph has "
                                f"{', '.join(DTYPES)}.")
        name = self.fresh(stem)
        self._tensors[name] = Tensor(name, tuple(data.shape), dtype, quantization, data)
        return name

    def emit(self, attributes: Any, inputs: Sequence[str], name: str, output: str = "",
             quantization: Quantization | None = None) -> str:
        """A new node; gives its output tensor, named `output` or after the node.

        An s8 or u8 output takes `quantization`, or its first input's when the op only moves values.
        With `output`, an existing tensor that nobody writes any more is written by the new node.
        """
        op = catalog.op_name(attributes)
        node_name = name if name and name not in self._nodes else self.fresh(name or op)
        tensor = self._typed(op, attributes, inputs, quantization)
        tensor = replace(tensor, name=output or self.fresh(f"{node_name}.out"))
        self._tensors[tensor.name] = tensor
        self._insert(Node(node_name, op, tuple(inputs), (tensor.name,), attributes))
        return tensor.name

    def _typed(self, op: str, attributes: Any, inputs: Sequence[str],
               quantization: Quantization | None) -> Tensor:
        tensors = [self._tensors[i] if i else None for i in inputs]
        first = tensors[0]
        assert first is not None
        shape = catalog.ops()[op].shapes(attributes, tensors)[0]
        dtype = attributes.to if op in _CHOSEN_DTYPE else _FIXED_DTYPE.get(op, first.dtype)
        if quantization is None and catalog.is_movement(op, attributes):
            quantization = first.quantization
        return Tensor("", tuple(shape), dtype, quantization if dtype in ("s8", "u8") else None)

    # Changing

    def remove(self, node: Node) -> None:
        """Take a node out; its output tensor stays, written by nobody."""
        del self._nodes[node.name]
        for tensor in node.inputs:
            self._consumers.get(tensor, {}).pop(node.name, None)
        for tensor in node.outputs:
            self._producers.pop(tensor, None)

    def update(self, node: Node, **changes: Any) -> Node:
        """Change fields of a node (inputs, attributes, op, reason, outputs), in its place."""
        changed = replace(self._nodes[node.name], **changes)
        for tensor in node.inputs:
            self._consumers.get(tensor, {}).pop(node.name, None)
        for tensor in node.outputs:
            if self._producers.get(tensor) == node.name:
                del self._producers[tensor]
        self._insert(changed)
        return changed

    def rebuild(self, node: Node, attributes: Any, inputs: Sequence[str],
                quantization: Quantization | None = None) -> str:
        """Another op in a node's place, with a new output tensor; the old one has no writer."""
        op = catalog.op_name(attributes)
        tensor = self._typed(op, attributes, inputs, quantization)
        tensor = replace(tensor, name=self.fresh(f"{node.name}.out"))
        self._tensors[tensor.name] = tensor
        self.update(node, op=op, attributes=attributes, inputs=tuple(inputs),
                    outputs=(tensor.name,))
        return tensor.name

    def rebuild_above(self, node: Node, attributes: Any, inputs: Sequence[str], below: Any,
                      quantization: Quantization | None = None) -> Node:
        """Another op in a node's place, and below it a node (attributes `below`) that makes of its
        result what everybody read so far; gives that node.

        The tensor keeps its name in the upper node, unless it is a graph output.
        """
        old = node.outputs[0]
        result = self.rebuild(node, attributes, inputs, quantization)
        name = f"{node.name}.{catalog.op_name(below)}"
        if old in self.outputs:
            lower = self.emit(below, [result], name, output=old)
        else:
            lower = self.emit(below, [result], name)
            self.redirect(old, lower)
            self.rename(result, old)
        made = self.producer(lower)
        assert made is not None
        return made

    def retype(self, name: str, **changes: Any) -> None:
        """Change fields of a tensor: shape, dtype, quantization or data."""
        self._tensors[name] = replace(self._tensors[name], **changes)

    def redirect(self, old: str, new: str) -> None:
        """Let everybody who reads `old` read `new`; who wrote `old` goes; an output keeps its name.
        """
        for node in self.consumers(old):
            inputs = tuple(new if i == old else i for i in node.inputs)
            self.update(node, inputs=inputs)
        writer = self.producer(old)
        if writer is not None:
            self.remove(writer)
        if old in self.outputs:
            self._become_output(old, new)

    def _become_output(self, old: str, new: str) -> None:
        """Make the output tensor `old`, which nobody writes, hold what `new` holds."""
        source = self.producer(new)
        if source is not None and new not in self.outputs:
            self.rename(new, old)
            return
        self.emit(Reshape(self._tensors[new].shape), [new], self.fresh(f"{old}.copy"), output=old)

    def rename(self, old: str, new: str) -> None:
        """Give a tensor that a node writes another name, free or belonging to a tensor given up."""
        tensor = self._tensors.pop(old)
        self._tensors[new] = replace(tensor, name=new)
        self._taken.add(new)
        writer = self.producer(old)
        assert writer is not None
        self.update(writer, outputs=tuple(new if o == old else o for o in writer.outputs))
        for node in self.consumers(old):
            self.update(node, inputs=tuple(new if i == old else i for i in node.inputs))
        self.outputs = [new if o == old else o for o in self.outputs]

    def _insert(self, node: Node) -> None:
        self._nodes[node.name] = node
        for tensor in node.inputs:
            if tensor:
                self._consumers.setdefault(tensor, {})[node.name] = None
        for tensor in node.outputs:
            self._producers[tensor] = node.name

    # The result

    def finish(self) -> Graph:
        """The graph in execution order, without nodes and constants that no output needs."""
        nodes = self._ordered()
        used = {t for n in nodes for t in (*n.inputs, *n.outputs) if t}
        used.update(self.inputs, self.outputs)
        tensors = {name: t for name, t in self._tensors.items() if name in used}
        return Graph(self.name, tensors, tuple(nodes), tuple(self.inputs), tuple(self.outputs))

    def _ordered(self) -> list[Node]:
        """Old nodes keep their order; a new one comes just before the first that needs it."""
        needed = self._needed()
        done: dict[str, Node] = {}
        for root in self._nodes.values():
            stack = [root] if root.name in needed else []
            while stack:
                node = stack[-1]
                waiting = [p for p in map(self.producer, node.inputs)
                           if p is not None and p.name not in done]
                if waiting:
                    stack.extend(reversed(waiting))
                    continue
                done.setdefault(node.name, node)
                stack.pop()
        return list(done.values())

    def _needed(self) -> set[str]:
        needed: set[str] = set()
        stack = [p for p in map(self.producer, self.outputs) if p is not None]
        while stack:
            node = stack.pop()
            if node.name not in needed:
                needed.add(node.name)
                stack.extend(p for p in map(self.producer, node.inputs) if p is not None)
        return needed
