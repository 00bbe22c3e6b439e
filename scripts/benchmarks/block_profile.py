"""How often each basic block of a program for AArch64 ran, per layer: qemu-user and our plugin."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgec.errors import BuildError, MeasureError

Counts = Counter[str]  # executions of a block, by its instructions: hex words with spaces between
# The fewest inferences that edgec-bench does; --profile adds at least five more of its own.
_ONCE = ("--warmup-s", "0", "--min-time-s", "0", "--min-iterations", "1", "--profile")


@dataclass(frozen=True)
class LayerProfile:
    """A layer as edgec-bench describes it, and what it executed in one inference."""

    layer: dict[str, Any]
    counts: Counts


def profile(bench: Path, model: Path, cpu: str) -> list[LayerProfile]:
    """One inference of `model` by edgec-bench on qemu's `cpu`, one thread, on random input.

    BuildError says which program is missing; MeasureError that the emulator or the run failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        plugin = _build_plugin(Path(folder))
        out = Path(folder) / "blocks.txt"
        done = subprocess.run([_emulator(), "-cpu", cpu, "-plugin", f"{plugin},out={out}",
                               str(bench), str(model), *_ONCE],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise MeasureError(f"{bench} in qemu-aarch64 ended with {done.returncode}: "
                               f"{done.stderr.strip()[-500:]}")
        layers = json.loads(done.stdout)["layers"]
        with out.open() as lines:
            counts = last_spans(lines, len(layers))
    if len(counts) != len(layers):
        raise MeasureError(f"the program read its clock {len(counts)} times by system calls, for "
                           f"{len(layers)} layers: this emulator hides such reads.")
    return [LayerProfile(layer, count) for layer, count in zip(layers, counts, strict=True)]


def last_spans(lines: Iterable[str], count: int) -> list[Counts]:
    """What ran between the last `count` + 1 reads of the clock, from the plugin's lines."""
    blocks: dict[str, str] = {}
    spans: deque[Counts] = deque(maxlen=count)
    ran: Counts = Counter()
    for line in lines:
        word, _, rest = line.rstrip("\n").partition(" ")
        if word == "block":
            name, _, blocks_words = rest.partition(" ")
            blocks[name] = blocks_words
        elif word == "ran":
            name, times = rest.split()
            ran[blocks[name]] += int(times)
        elif word == "clock":
            spans.append(ran)
            ran = Counter()
    return list(spans)


def _emulator() -> str:
    """qemu-aarch64 with plugins: Debian's qemu-user has them, qemu-user-static has not."""
    path = shutil.which("qemu-aarch64")
    if path is not None:
        shown = subprocess.run([path, "--help"], capture_output=True, text=True, check=False).stdout
        if "-plugin" in shown:
            return path
    raise BuildError("counting instructions needs qemu-aarch64 with plugins. Install it with: apt "
                     "install qemu-user (qemu-user-static cannot load plugins)")


def _build_plugin(folder: Path) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise BuildError("the counting plugin needs a C compiler. Install it with: apt install gcc")
    plugin = folder / "block_profile.so"
    source = Path(__file__).with_suffix(".c")
    done = subprocess.run([compiler, "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-o",
                           str(plugin), str(source)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BuildError(f"{source} could not be compiled: {done.stderr.strip()[-500:]}")
    return plugin
