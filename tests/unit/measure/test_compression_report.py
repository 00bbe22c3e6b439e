"""The page of `edgec compress`: what it says, and that it stands alone."""

import copy
from html.parser import HTMLParser
from typing import Any

import pytest

from edgec.compress.cost import Cost, Latency
from edgec.measure.compression_report import render


def cost(factor: float, latency: Latency | None = None) -> dict[str, Any]:
    return Cost(int(1e6 / factor), int(1e4 / factor), 100, int(8e4 / factor), 4096,
                latency or Latency(10 / factor, 1, 0, 0)).to_json()


def stage(name: str, score: float) -> dict[str, Any]:
    return {"name": name, "options": {}, "key": "", "sha256": "", "score": score, "report": {},
            "seconds": 1.0}


BEST = {"number": 1, "strengths": {"prune": {"ratio": 0.5}}, "stopped": "", "breaks": [],
        "refused": [{"step": "sparsify", "reason": "it would not make the target faster"}],
        "steps": [{"stage": stage("prune", 0.93), "cost": cost(2)},
                  {"stage": stage("quantize", 0.92), "cost": cost(8)}],
        "score": 0.92, "cost": cost(8)}
DOCUMENT: dict[str, Any] = {
    "model": "net.onnx", "target": "raspberry_pi_4", "metric": "top1", "seed": 1,
    "limits": {"drop": 0.03, "bytes": None}, "classes": ["<cat>", "dog"], "unjudged": [],
    "tools": {"edgec": "1"}, "inputs": {"recipe.toml": "ab" * 32}, "result_sha256": "cd" * 32,
    "composite": {"terms": {"latency": 3.0}, "total": 3.0},
    "before": {"validation": 0.94, "test": 0.9, "split": "test", "cost": cost(1),
               "classes": {"0": 0.9, "1": 0.9}, "corrupted": {"none": 0.9, "noise": 0.8}},
    "after": {"validation": 0.92, "test": 0.89, "split": "test", "cost": cost(8),
              "classes": {"0": 0.7, "1": 0.95}, "corrupted": {"none": 0.89, "noise": 0.75}},
    "best": BEST, "candidates": [
        {**BEST, "number": 0, "steps": [], "score": None, "cost": None, "stopped": "too <big>"},
        BEST]}


class Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [k for k, _ in attrs if k in ("src", "href")]


def test_the_page_needs_nothing_else_and_runs_no_script() -> None:
    outline = Outline()
    outline.feed(render(DOCUMENT))
    assert not outline.loads
    assert "script" not in outline.tags


def test_words_from_outside_are_text() -> None:
    page = render(DOCUMENT)
    assert "&lt;cat&gt;" in page
    assert "too &lt;big&gt;" in page


@pytest.mark.parametrize("words", [
    "8.0x fewer bytes and 8x fewer BitOps for 2.00 points", "-1.00 points",
    "robustness, test: noise", "-5.00 points, the worst of 1", "-20.00", "÷ 8.00",
    "sparsify was left out: it would not make the target faster"])
def test_the_page_says_what_became_of_the_model(words: str) -> None:
    assert words in render(DOCUMENT)


def test_classes_that_validation_lacks_are_named_on_top() -> None:
    assert "Not judged" not in render(DOCUMENT)
    assert "Not judged</span>: &lt;cat&gt;, class 7." in render(
        {**DOCUMENT, "unjudged": ["<cat>", "class 7"]})


def test_what_was_not_measured_is_called_that() -> None:
    guessed = copy.deepcopy(DOCUMENT)
    guessed["after"]["cost"] = cost(8, Latency(2.0, 0.5, 0.2, 0.3))
    page = render(guessed)
    assert "not measured" in page
    assert "20% interpolated, 30% estimated" in page
