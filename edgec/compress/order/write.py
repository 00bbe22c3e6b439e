"""`edgec order`: the experiment, and the files that tell of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from edgec.atomic import write_file
from edgec.compress.chain import run_chain
from edgec.compress.claim import claim
from edgec.compress.lock import Lock, make_lock, write_lock
from edgec.compress.method import Given
from edgec.compress.opened import open_recipe
from edgec.compress.order.document import document
from edgec.compress.order.order import Found, find_order
from edgec.compress.order.perform import JUDGED, THREADS
from edgec.compress.order.plan import Planner
from edgec.compress.order.report import render
from edgec.compress.order.store import Watch
from edgec.compress.order.workers import Workers
from edgec.compress.recipe import Recipe, read_recipe
from edgec.compress.training.threads import torch_threads
from edgec.model.task import split
from edgec.provenance import sha256_of


def write_order(path: Path, output: Path, workers: Callable[[Recipe], Workers], watch: Watch,
                style: str) -> dict[str, Any]:
    """Finds the order for the recipe at `path`; writes order.json, order.html, lock.json.

    style: CSS of the page. The document of order.json is returned.
    """
    recipe = read_recipe(path)
    with claim(output):
        found = find_order(recipe, output, workers(recipe), watch)
        made = document(recipe, sha256_of(path), found)
        text = (json.dumps(made, indent=1, allow_nan=False) + "\n").encode()
        write_file(output / "order.json", text)
        write_file(output / "order.html", render(made, style).encode())
        lock = replace(_lock(path, output, found), evidence_sha256=sha256(text).hexdigest())
        write_lock(lock, output / "lock.json")
    return made


def _lock(path: Path, output: Path, found: Found) -> Lock:
    """Of the order found, at middle strengths, with the first seed: it replays in minutes."""
    recipe = read_recipe(path)
    opened, run = open_recipe(recipe), Planner(recipe).middle(found.order)
    task = opened.task.without_test()
    task = replace(task, validation=split(task.validation, JUDGED, 0)[0])
    given = Given(task=task, target=opened.target, seed=run.seed)
    with torch_threads(THREADS):
        chain = run_chain(opened.model, run.steps, given, output / "chain")
        return make_lock(path, output, opened, chain, seed=run.seed, held_out=JUDGED)
