"""Instructions by class, and the cycles that a core needs for basic blocks, by llvm-mca: estimates.

The estimate of a block is its share of 100 runs one after the other, by llvm's model of the core:
no cache misses, no mispredicted branches, and no overlap between different blocks. It ranks
kernels. It was not compared with a board, and is no latency.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from edgec.errors import BuildError, MeasureError

CLASSES = ("dot", "widening_multiply", "simd", "load_store", "integer")
RECORDED_WITH = 19  # the llvm of the peers' numbers
_VERSIONS = (RECORDED_WITH, 20, 21, 18, 17)  # before 17 the Neoverse N1 has no model of its own
_FEATURES = "-mattr=+v8.6a,+dotprod,+i8mm,+fullfp16,+bf16,+lse"
_ITERATIONS = 100
_REGIONS = 64  # blocks in one call of llvm-mca
_COVERED = 0.995  # of the instructions; the rest costs what they cost on average
_SEPARATOR = "d4217dc0"  # brk #0xbee: in no program

_DOT = re.compile(r"(s|u|us|su)dot|(s|u|us)mmla")
_WIDENING = re.compile(r"(s|u|sq|p)?m(ul|la|ls)l2?|(s|u|sq)d?m(ul|la|ls)l2?")
_MEMORY = re.compile(r"ld|st|prfm|cas|swp")
_VECTOR = re.compile(r"\b[vqdsbh]\d+\b")
_JUMP = re.compile(r"(b\.\w+|cbn?z|tbn?z)\b(.*?)(#?-?\w+)$")
_LEAVES = ("b", "bl", "blr", "br", "ret", "svc")


def classify(text: str) -> str:
    """The class of a disassembled instruction; unknown ones count as integer."""
    mnemonic = text.split(maxsplit=1)[0] if text else ""
    if _MEMORY.match(mnemonic):
        return "load_store"
    if not _VECTOR.search(text):
        return "integer"
    if _DOT.fullmatch(mnemonic):
        return "dot"
    return "widening_multiply" if _WIDENING.fullmatch(mnemonic) else "simd"


def disassemble(words: Sequence[str]) -> dict[str, str]:
    """The text of each instruction word; "" where llvm knows none."""
    lines = []
    for word in words:
        for each in (word, _SEPARATOR):
            lines.append(" ".join(f"0x{each[i:i + 2]}" for i in (6, 4, 2, 0)))
    done = subprocess.run([_tool("llvm-mc")[0], "-disassemble", "-triple=aarch64", _FEATURES],
                          input="\n".join(lines), capture_output=True, text=True, check=False)
    shown = re.sub(r"^\s*\..*\n", "", done.stdout, flags=re.MULTILINE)
    texts = re.split(r"\s*brk\s+#(?:0xbee|3054)\s*", shown)[:-1]
    if len(texts) != len(words):
        raise MeasureError(f"llvm-mc answered {len(texts)} of {len(words)} instructions")
    return {word: " ".join(text.split()) for word, text in zip(words, texts, strict=True)}


def count_classes(counts: Mapping[str, int], texts: Mapping[str, str]) -> dict[str, int]:
    """Executed instructions of each class; `counts` are executions of blocks."""
    total = dict.fromkeys(CLASSES, 0)
    for block, times in counts.items():
        for word in block.split():
            total[classify(texts[word])] += times
    return total


class CycleModel:
    """Cycles per execution of the blocks that make up nearly all of a program's instructions."""

    def __init__(self, counts: Counter[str], texts: Mapping[str, str], cpu: str) -> None:
        """`cpu` is llvm's name of the core; BuildError if llvm is missing."""
        self._cycles = block_cycles(_hottest(counts), texts, cpu)
        covered = {block: counts[block] for block in self._cycles}
        self._per_instruction = (self._sum(covered) / max(1, instructions(covered)))

    def _sum(self, counts: Mapping[str, int]) -> float:
        return sum(times * self._cycles[block] for block, times in counts.items())

    def estimate(self, counts: Mapping[str, int]) -> float:
        """Cycles of the given executions."""
        known = {block: times for block, times in counts.items() if block in self._cycles}
        rest = instructions(counts) - instructions(known)
        return self._sum(known) + rest * self._per_instruction


def instructions(counts: Mapping[str, int]) -> int:
    """Executed instructions."""
    return sum(times * (block.count(" ") + 1) for block, times in counts.items())


def block_cycles(blocks: Sequence[str], texts: Mapping[str, str], cpu: str) -> dict[str, float]:
    """Cycles of one execution of each block, in steady state."""
    program, version = _tool("llvm-mca")
    command = [program, "-mtriple=aarch64", f"-mcpu={cpu}", _FEATURES, "-instruction-info=0",
               f"-iterations={_ITERATIONS}", "-resource-pressure=0"]
    command += ["-skip-unsupported-instructions=parse-failure"] if version >= RECORDED_WITH else []
    cycles: dict[str, float] = {}
    for start in range(0, len(blocks), _REGIONS):
        some = blocks[start:start + _REGIONS]
        done = subprocess.run(command, input=_regions(some, texts), capture_output=True, text=True,
                              check=False)
        found = re.findall(r"\] Code Region - r(\d+).*?Total Cycles:\s+(\d+)", done.stdout, re.S)
        if len(found) != len(some):
            raise MeasureError(f"llvm-mca -mcpu={cpu} judged {len(found)} of {len(some)} blocks: "
                               f"{done.stderr.strip()[-500:]}")
        cycles |= {some[int(index)]: int(total) / _ITERATIONS for index, total in found}
    return cycles


def _regions(blocks: Iterable[str], texts: Mapping[str, str]) -> str:
    lines = [".Lx:"]
    for index, block in enumerate(blocks):
        body = [_in_place(texts[word]) for word in block.split() if texts[word]]
        lines += [f"# LLVM-MCA-BEGIN r{index}", *body, f"# LLVM-MCA-END r{index}"]
    return "\n".join(lines) + "\n"


def _in_place(text: str) -> str:
    """Jumps get a label that exists; calls and returns count as a jump."""
    if text.split(maxsplit=1)[0] in _LEAVES:
        return "b .Lx"
    return _JUMP.sub(r"\1\2.Lx", text)


def _hottest(counts: Counter[str]) -> list[str]:
    """Blocks that hold _COVERED of the executed instructions, most first."""
    wanted = _COVERED * instructions(counts)
    chosen: list[str] = []
    for block in sorted(counts, key=lambda b: -counts[b] * (b.count(" ") + 1)):
        if wanted <= 0:
            break
        chosen.append(block)
        wanted -= counts[block] * (block.count(" ") + 1)
    return chosen


def _tool(name: str) -> tuple[str, int]:
    """A program of llvm and its version."""
    for version in _VERSIONS:
        path = shutil.which(f"{name}-{version}")
        if path is not None:
            return path, version
    raise BuildError(f"estimating cycles needs {name}. Install it with: apt install "
                     f"llvm-{RECORDED_WITH} (versions {min(_VERSIONS)} to {max(_VERSIONS)} work)")
