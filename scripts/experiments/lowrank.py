"""Low-rank factorizations compared: a sentence encoder and a language model."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx_ir as ir

from edgec.compress.method import Batch, Given, run
from edgec.compress.methods.lowrank import LowRank
from edgec.examples import minilm, smollm2
from edgec.model.load import load_model
from edgec.model.onnxruntime import Runner
from experiments.command import Command

Array = npt.NDArray[Any]
RATIOS = (0.2, 0.4, 0.6)
VARIANTS = {
    "svd": {"decomposition": "svd", "allocation": "uniform"},
    "asvd": {"decomposition": "asvd", "allocation": "uniform"},
    "whitened": {"decomposition": "whitened", "allocation": "uniform"},
    "whitened, ranks by loss": {"decomposition": "whitened", "allocation": "loss"},
    "whitened, ranks by sensitivity": {"decomposition": "whitened", "allocation": "sensitivity"},
    "spectrum": {"decomposition": "spectrum"},
}
CALIBRATION, TEST = "wikitext2_valid.txt", "wikitext2_test_a.txt"


@dataclass(frozen=True)
class Subject:
    """A model, what calibrates it, and what judges it on other data."""

    model: ir.Model
    calibration: Sequence[Batch]
    judge: Callable[[ir.Model], dict[str, float]]
    options: dict[str, Any]
    variants: Sequence[str]


def _sentences(path: Path, count: int) -> list[str]:
    """First sentences of paragraphs, from the whole text."""
    lines = [line.strip() for line in path.read_text().splitlines() if len(line) > 100]
    return [lines[i].split(" . ")[0] for i in np.linspace(0, len(lines) - 1, count).astype(int)]


def encoder(data: Path, _: argparse.Namespace) -> Subject:
    """MiniLM: 1024 sentences calibrate; mean and least cosine to the float model over 200."""
    model = load_model("edgec.examples.minilm:model")

    def runs(name: str, count: int) -> list[Batch]:
        tokens = minilm.tokenize(_sentences(data / name, count))
        return [{key: a[i:i + 1] for key, a in tokens.items()} for i in range(len(tokens["ids"]))]

    test = runs(TEST, 200)
    wanted = _outputs(model, test)

    def judge(other: ir.Model) -> dict[str, float]:
        cosines = (_outputs(other, test) * wanted).sum(axis=1)
        return {"cosine": float(cosines.mean()), "least_cosine": float(cosines.min()),
                "sentences": len(cosines)}

    return Subject(model, runs(CALIBRATION, 1024), judge, {"teacher_loss": "mse", "steps": 120},
                   tuple(VARIANTS))


def language_model(data: Path, arguments: argparse.Namespace) -> Subject:
    """SmolLM2: windows of one text calibrate; perplexity over windows of another."""
    model = load_model("edgec.examples.smollm2:model")

    def runs(name: str, count: int) -> list[Batch]:
        ids = smollm2.tokenize((data / name).read_text())
        places = np.linspace(0, len(ids) // smollm2.TOKENS - 1, count).astype(int)
        return [{"ids": ids[None, p * smollm2.TOKENS:(p + 1) * smollm2.TOKENS]} for p in places]

    test = runs(TEST, arguments.windows)
    without = tuple(n for n in VARIANTS if "sensitivity" not in n)  # runs for each layer
    return Subject(model, runs(CALIBRATION, arguments.calibration),
                   lambda other: _perplexity(other, test),
                   {"exclude": (_head(model),), "allocation": "loss", "steps": 120, "step_runs": 1},
                   without)


def _head(model: ir.Model) -> str:
    """The node that makes the logits; its weight is the embedding."""
    node = model.graph.outputs[0].producer()
    assert node is not None
    return str(node.name)


def _outputs(model: ir.Model, runs: Iterable[Batch]) -> Array:
    runner = Runner(model, optimize=True, threads=1)
    return np.concatenate([runner.run(r)[runner.outputs[0]] for r in runs])


def _perplexity(model: ir.Model, runs: Sequence[Batch]) -> dict[str, float]:
    runner, total, tokens = Runner(model, optimize=True, threads=1), 0.0, 0
    for run_ in runs:
        logits = runner.run(run_)[runner.outputs[0]][0, :-1].astype(np.float64)
        logits -= logits.max(axis=1, keepdims=True)
        wanted = run_["ids"][0, 1:]
        log_sums = np.log(np.exp(logits).sum(axis=1))
        total += float((log_sums - logits[np.arange(len(wanted)), wanted]).sum())
        tokens += len(wanted)
    return {"perplexity": float(np.exp(total / tokens)), "tokens": tokens}


SUBJECTS = {"minilm": encoder, "smollm2": language_model}


def _cell(subject: Subject, name: str, ratio: float, seed: int) -> dict[str, Any]:
    start = time.monotonic()
    method = LowRank(ratio=ratio, **{**subject.options, **VARIANTS[name]})
    result = run(method, subject.model, Given(subject.calibration, seed=seed))
    report = result.report.to_json()
    return {"variant": name, "ratio": ratio, "seed": seed, "removed": report["removed"],
            **subject.judge(result.model), "learning": report["learning"],
            "seconds": round(time.monotonic() - start)}


def experiment(arguments: argparse.Namespace) -> None:
    """Fills the table, a line of JSON for each cell; cells that are there are not made again."""
    arguments.out.mkdir(parents=True, exist_ok=True)
    path = arguments.out / f"lowrank_{arguments.model}.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    done = {(row["variant"], row["ratio"], row["seed"]) for row in rows}
    subject = SUBJECTS[arguments.model](arguments.data, arguments)
    names = arguments.variants or subject.variants
    wanted = [("float", 0.0), *((name, ratio) for name in names for ratio in arguments.ratios)]
    for name, ratio in wanted:
        if (name, ratio, arguments.seed) in done:
            continue
        row = {"variant": name, "ratio": ratio, "seed": arguments.seed,
               **subject.judge(subject.model)} if name == "float" else _cell(
                   subject, name, ratio, arguments.seed)
        print(json.dumps(row), flush=True)
        with path.open("a") as file:
            file.write(json.dumps(row) + "\n")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", choices=tuple(SUBJECTS), default="minilm", help="what to factor")
    parser.add_argument("--windows", type=int, default=24, help="smollm2: test windows")
    parser.add_argument("--calibration", type=int, default=64, help="smollm2: its windows")
    parser.add_argument("--ratios", type=float, nargs="*", default=RATIOS, help="shares to remove")
    parser.add_argument("--variants", nargs="*", choices=tuple(VARIANTS), default=None,
                        help="which of them; all by default")
    parser.add_argument("--seed", type=int, default=0, help="of what is random")


COMMAND = Command("Low-rank factorizations at 20, 40 and 60 % removed.", _arguments, experiment)
