"""Nets put together from blocks that couple channels in every way that the analysis knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir

from tests.unit.compress.float_models import Array, from_text, normal

SIZE, STEPS = 4, 5  # of an image; tokens


@dataclass(frozen=True)
class Value:
    """An image [1, c, SIZE, SIZE], or tokens [1, STEPS, c]."""

    name: str
    c: int


class Net:
    """Writes ONNX's text, a node at a time."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.lines: list[str] = []
        self.weights: dict[str, Array] = {}

    def weight(self, *shape: int) -> str:
        name = f"w{len(self.weights)}"
        self.weights[name] = normal(self.rng, *shape)
        return name

    def ints(self, *values: int) -> str:
        name = f"i{len(self.weights)}"
        self.weights[name] = np.array(values, np.int64)
        return name

    def add(self, text: str, outputs: int = 1) -> str:
        names = [f"v{len(self.lines)}_{i}" for i in range(outputs)]
        self.lines.append(f"{', '.join(names)} = {text}")
        return names[0] if outputs == 1 else ", ".join(names)

    def conv(self, x: Value, c: int, kernel: int = 3, groups: int = 1) -> Value:
        w, b, p = self.weight(c, x.c // groups, kernel, kernel), self.weight(c), kernel // 2
        return Value(self.add(f"Conv <pads = [{p},{p},{p},{p}], group = {groups}> "
                              f"({x.name}, {w}, {b})"), c)

    def norm(self, x: Value) -> Value:
        scale, bias, mean, variance = (self.weight(x.c) for _ in range(4))
        self.weights[variance] = self.weights[variance] ** 2 + 0.5
        return Value(self.add(f"BatchNormalization ({x.name}, {scale}, {bias}, {mean}, "
                              f"{variance})"), x.c)

    def unary(self, x: Value, op: str) -> Value:
        return Value(self.add(f"{op} ({x.name})"), x.c)

    def linear(self, x: Value, c: int) -> Value:
        product = self.add(f"MatMul ({x.name}, {self.weight(x.c, c)})")
        return Value(self.add(f"Add ({product}, {self.weight(c)})"), c)

    def reshape(self, x: str, *shape: int) -> str:
        return self.add(f"Reshape ({x}, {self.ints(*shape)})")

    def transpose(self, x: str, *perm: int) -> str:
        return self.add(f"Transpose <perm = [{','.join(map(str, perm))}]> ({x})")

    def model(self, x: str, y: str) -> ir.Model:
        lines = "\n".join([*self.lines, f"y = Identity ({y})"])
        return from_text(f"net (float[{x}] x) => (float[?] y) {{\n{lines}\n}}".replace(
            "float[?]", "float[1,3]"), self.weights)


def plain(net: Net, x: Value) -> Value:
    return net.unary(net.norm(net.conv(x, 8)), "Relu")


def residual(net: Net, x: Value) -> Value:
    inner = net.conv(net.unary(net.norm(net.conv(x, 10)), "Sigmoid"), x.c)
    return Value(net.add(f"Add ({x.name}, {inner.name})"), x.c)


def depthwise(net: Net, x: Value) -> Value:
    wide = net.norm(net.conv(x, 6, 1))
    return net.conv(net.conv(wide, 12, 3, groups=6), 8, 1)


def grouped(net: Net, x: Value) -> Value:
    return net.conv(net.conv(net.conv(x, 12, 1), 8, 3, groups=4), 7, 1)


def dense(net: Net, x: Value) -> Value:
    new = net.unary(net.conv(x, 5), "Relu")
    return net.norm(Value(net.add(f"Concat <axis = 1> ({x.name}, {new.name})"), x.c + 5))


def halves(net: Net, x: Value) -> Value:
    wide = net.conv(x, 12)
    names = net.add(f"Split <axis = 1, num_outputs = 2> ({wide.name})", 2).split(", ")
    left, right = net.conv(Value(names[0], 6), 6), Value(names[1], 6)
    return Value(net.add(f"Mul ({left.name}, {right.name})"), 6)


def uneven(net: Net, x: Value) -> Value:
    wide = net.conv(x, 9)
    names = net.add(f"Split <axis = 1> ({wide.name}, {net.ints(4, 5)})", 2).split(", ")
    joined = net.add(f"Concat <axis = 1> ({names[1]}, {names[0]})")
    return net.conv(Value(joined, 9), 6)


def sliced(net: Net, x: Value) -> Value:
    wide = net.conv(x, 9)
    part = net.add(f"Slice ({wide.name}, {net.ints(2)}, {net.ints(-1)}, {net.ints(1)})")
    joined = net.add(f"Concat <axis = 1> ({part}, {wide.name})")
    return net.conv(Value(joined, 15), 6)


def squeeze_excite(net: Net, x: Value) -> Value:
    pooled = Value(net.add(f"GlobalAveragePool ({x.name})"), x.c)
    gate = net.unary(net.conv(net.unary(net.conv(pooled, 4, 1), "Relu"), x.c, 1), "HardSigmoid")
    return Value(net.add(f"Mul ({x.name}, {gate.name})"), x.c)


def shuffle(net: Net, x: Value) -> Value:
    wide = net.conv(x, 8)
    apart = net.transpose(net.reshape(wide.name, 1, 2, 4, SIZE, SIZE), 0, 2, 1, 3, 4)
    return net.conv(Value(net.reshape(apart, 1, -1, SIZE, SIZE), 8), 8)


def scaled(net: Net, x: Value) -> Value:
    scaled = net.add(f"Mul ({net.weight(1, x.c, 1, 1)}, {x.name})")
    padded = net.add(f"Pad ({scaled}, {net.ints(0, 0, 1, 1, 0, 0, 0, 0)})")
    return Value(net.add(f"MaxPool <kernel_shape = [2,2]> ({padded})"), x.c)


def channel_last(net: Net, x: Value) -> Value:
    moved = Value(net.transpose(x.name, 0, 2, 3, 1), x.c)
    return Value(net.transpose(net.unary(net.linear(moved, 7), "Tanh").name, 0, 3, 1, 2), 7)


def picked(net: Net, x: Value) -> Value:
    wide = net.conv(x, 6)
    net.weights["order"] = np.array([5, 0, 3, 2, 2], np.int64)
    some = net.add(f"Gather <axis = 1> ({wide.name}, order)")
    return net.conv(Value(some, 5), 6)


def transposed(net: Net, x: Value) -> Value:
    w, b = net.weight(x.c, 6, 3, 3), net.weight(6)
    return Value(net.add(f"ConvTranspose <pads = [1,1,1,1]> ({x.name}, {w}, {b})"), 6)


def unknown(net: Net, x: Value) -> Value:
    return Value(net.add(f"LRN <size = 3> ({net.conv(x, 6).name})"), 6)


def pooled_head(net: Net, x: Value) -> str:
    axes = net.ints(2, 3)
    pooled = net.add(f"ReduceMean <keepdims = 0> ({x.name}, {axes})")
    return net.add(f"Gemm <transB = 1> ({pooled}, {net.weight(3, x.c)}, {net.weight(3)})")


def flat_head(net: Net, x: Value) -> str:
    flat = net.add(f"Flatten <axis = 1> ({x.name})")
    return net.add(f"Gemm ({flat}, {net.weight(x.c * SIZE * SIZE, 3)}, {net.weight(3)})")


def flat_channel_last_head(net: Net, x: Value) -> str:
    flat = net.reshape(net.transpose(x.name, 0, 2, 3, 1), 1, -1)
    return net.add(f"MatMul ({flat}, {net.weight(x.c * SIZE * SIZE, 3)})")


BLOCKS: tuple[Callable[[Net, Value], Value], ...] = (
    plain, residual, depthwise, grouped, dense, halves, uneven, sliced, squeeze_excite, shuffle,
    scaled, channel_last, picked, transposed, unknown)
HEADS: tuple[Callable[[Net, Value], str], ...] = (pooled_head, flat_head, flat_channel_last_head)


def image_net(seed: int, blocks: list[Callable[[Net, Value], Value]],
              head: Callable[[Net, Value], str]) -> ir.Model:
    """A stem, these blocks, a head; float[1,3,SIZE,SIZE] x to float[1,3] y."""
    net = Net(seed)
    x = plain(net, Value("x", 3))
    for block in blocks:
        x = block(net, x)
    return net.model(f"1,3,{SIZE},{SIZE}", head(net, x))


def _attend(net: Net, q: str, k: str, v: str, width: int) -> str:
    """q, k, v: [1, heads, STEPS, d] to [1, STEPS, heads · d]."""
    scores = net.add(f"MatMul ({q}, {net.transpose(k, 0, 1, 3, 2)})")
    mixed = net.add(f"MatMul ({net.add(f'Softmax <axis = -1> ({scores})')}, {v})")
    return net.reshape(net.transpose(mixed, 0, 2, 1, 3), 1, STEPS, width)


def attention(net: Net, x: Value, heads: int = 4, d: int = 3) -> Value:
    """Query, key and value each by a layer of its own."""
    q, k, v = (net.transpose(net.reshape(net.linear(x, heads * d).name, 1, STEPS, heads, d),
                             0, 2, 1, 3) for _ in range(3))
    out = net.linear(Value(_attend(net, q, k, v, heads * d), heads * d), x.c)
    return Value(net.add(f"Add ({x.name}, {out.name})"), x.c)


def fused_attention(net: Net, x: Value, heads: int = 3, d: int = 4) -> Value:
    """Query, key and value by one layer, then picked apart."""
    qkv = net.reshape(net.linear(x, 3 * heads * d).name, 1, STEPS, 3, heads, d)
    apart = net.transpose(qkv, 2, 0, 3, 1, 4)
    for number in range(3):
        net.weights[f"n{number}"] = np.array(number, np.int64)
    q, k, v = (net.add(f"Gather <axis = 0> ({apart}, n{number})") for number in range(3))
    return net.linear(Value(_attend(net, q, k, v, heads * d), heads * d), x.c)


def shared_keys(net: Net, x: Value, heads: int = 6, keys: int = 3, d: int = 2) -> Value:
    """Grouped-query attention: every key serves several queries."""
    q = net.transpose(net.reshape(net.linear(x, heads * d).name, 1, STEPS, heads, d), 0, 2, 1, 3)
    found = []
    for _ in range(2):
        few = net.transpose(net.reshape(net.linear(x, keys * d).name, 1, STEPS, keys, d),
                            0, 2, 1, 3)
        one = net.add(f"Unsqueeze ({few}, {net.ints(2)})")
        shape = net.ints(1, keys, heads // keys, STEPS, d)
        found.append(net.reshape(net.add(f"Expand ({one}, {shape})"), 1, heads, STEPS, d))
    return net.linear(Value(_attend(net, q, found[0], found[1], heads * d), heads * d), x.c)


def feed_forward(net: Net, x: Value) -> Value:
    scale, bias = net.weight(x.c), net.weight(x.c)
    normed = Value(net.add(f"LayerNormalization <axis = -1> ({x.name}, {scale}, {bias})"), x.c)
    out = net.linear(net.unary(net.linear(normed, 12), "Erf"), x.c)
    return Value(net.add(f"Add ({x.name}, {out.name})"), x.c)


def gated(net: Net, x: Value) -> Value:
    gate, up = net.unary(net.linear(x, 10), "Sigmoid"), net.linear(x, 10)
    return net.linear(Value(net.add(f"Mul ({gate.name}, {up.name})"), 10), x.c)


TOKEN_BLOCKS: tuple[Callable[[Net, Value], Value], ...] = (
    attention, fused_attention, shared_keys, feed_forward, gated)


def token_net(seed: int, blocks: list[Callable[[Net, Value], Value]]) -> ir.Model:
    """These blocks on a first layer; float[1,STEPS,6] x to float[1,3] y."""
    net = Net(seed)
    x = net.linear(Value("x", 6), 8)
    for block in blocks:
        x = block(net, x)
    mean = net.add(f"ReduceMean <keepdims = 0> ({x.name}, {net.ints(1)})")
    return net.model(f"1,{STEPS},6", net.add(f"MatMul ({mean}, {net.weight(8, 3)})"))
