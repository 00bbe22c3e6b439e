"""RNN, GRU and LSTM, unrolled over time, so that gradients need nothing of their own.

Every gate is x W' + h R' plus biases; weights of all gates lie under each other, in ONNX's order:
LSTM i, o, f, c; GRU z, r, h. Shapes: x [time, batch, in], W [directions, gates * n, in],
R [directions, gates * n, n], B [directions, 2 * gates * n], states [directions, batch, n].
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from edgec.model.handler import Call, Handler

State = tuple[Tensor, ...]
Step = Callable[[Call, Tensor, State, Tensor, Tensor], State]


def lstm_step(call: Call, x: Tensor, state: State, r: Tensor, b: Tensor) -> State:
    """h' = o * tanh(c'), c' = f * c + i * tanh(gate).

    x: the input's part of all gates [batch, 4 n], its bias included; b: the state's bias.
    """
    h, c = state
    i, o, f, g = (x + h @ r.T + b).chunk(4, -1)
    new = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(new), new


def gru_step(call: Call, x: Tensor, state: State, r: Tensor, b: Tensor) -> State:
    """h' = (1 - z) * tanh(gate) + z * h, the reset before or after the product with R."""
    (h,) = state
    n = h.shape[-1]
    z, reset = torch.sigmoid(x[:, :2 * n] + h @ r[:2 * n].T + b[:2 * n]).chunk(2, -1)
    if call.get("linear_before_reset", 0):
        inner = reset * (h @ r[2 * n:].T + b[2 * n:])
    else:
        inner = (reset * h) @ r[2 * n:].T + b[2 * n:]
    return ((1 - z) * torch.tanh(x[:, 2 * n:] + inner) + z * h,)


def rnn_step(call: Call, x: Tensor, state: State, r: Tensor, b: Tensor) -> State:
    """h' = tanh(gate)."""
    return (torch.tanh(x + state[0] @ r.T + b),)


def _layer(step: Step, states: int) -> Handler:
    """A handler of a layer whose steps have so many states."""
    def run(call: Call, x: Tensor, w: Tensor, r: Tensor, *rest: Tensor | None) -> State:
        given = [*rest, *[None] * (2 + states - len(rest))]
        batch_first = bool(call.get("layout", 0))
        x = x.transpose(0, 1) if batch_first else x
        zeros = x.new_zeros(w.shape[0], x.shape[1], r.shape[-1])
        b = x.new_zeros(w.shape[0], 2 * w.shape[1]) if given[0] is None else given[0]
        starts = [zeros if s is None else (s.transpose(0, 1) if batch_first else s)
                  for s in given[2:2 + states]]
        done = [_direction(call, step, x, tuple(s[d] for s in starts), (w[d], r[d], b[d]),
                           _backwards(call, d)) for d in range(w.shape[0])]
        y = torch.stack([outputs for outputs, _ in done], 1)
        last = [torch.stack([final[k] for _, final in done]) for k in range(states)]
        if batch_first:
            y, last = y.permute(2, 0, 1, 3), [s.transpose(0, 1) for s in last]
        return (y, *last)
    return Handler(run, trains=(1, 2, 3), refuses=_refusal)


def _direction(call: Call, step: Step, x: Tensor, state: State,
               weights: tuple[Tensor, Tensor, Tensor], backwards: bool) -> tuple[Tensor, State]:
    """All outputs [time, batch, n], in the order of the input, and the final states."""
    w, r, b = weights
    input_bias, state_bias = b.chunk(2)
    gates = (x.flip(0) if backwards else x) @ w.T + input_bias
    outputs = []
    for gate in gates:
        state = step(call, gate, state, r, state_bias)
        outputs.append(state[0])
    y = torch.stack(outputs)
    return y.flip(0) if backwards else y, state


def _backwards(call: Call, direction: int) -> bool:
    return direction == 1 or call.get("direction", "forward") == "reverse"


def _refusal(call: Call) -> str:
    for index, name in ((4, "sequence_lens"), (7, "peepholes")):
        if len(call.input_types) > index and call.input_types[index] is not None:
            return f"input {name}"
    for attribute in ("activations", "clip", "input_forget"):
        if call.get(attribute):
            return f"attribute {attribute}"
    return ""


PLUGIN = {
    "RNN": _layer(rnn_step, states=1),
    "GRU": _layer(gru_step, states=1),
    "LSTM": _layer(lstm_step, states=2),
}
