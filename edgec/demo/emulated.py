"""The ARM build of the engine under an emulator: the same bytes as here, CPU by CPU."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from edgec import pipeline
from edgec.errors import BuildError
from edgec.format.bundle import Bundle
from edgec.lower.graph import Array
from edgec.target.toolchain import build_engine

EMULATOR = "qemu-aarch64-static"
CPUS = ("cortex-a53", "cortex-a72", "cortex-a76")


def same_bytes_on_arm(bundle: Bundle, inputs: Array, progress: Callable[[str], None]
                      ) -> tuple[str, ...]:
    """One sentence per emulated CPU, or one that says why none was tried.

    An emulator proves bits, never speed. AssertionError when a byte differs: that is our bug.
    """
    if shutil.which(EMULATOR) is None:
        return (f"ARM: not tried, {EMULATOR} is not installed (Debian: qemu-user-static)",)
    progress("arm: the aarch64 build under emulation must give the same bytes")
    try:
        engine = build_engine("aarch64")
    except BuildError as error:
        return (f"ARM: not tried, {error}",)
    expected = pipeline.run(bundle.path, [inputs])[0]
    sentences = []
    for cpu in CPUS:
        words = (EMULATOR, "-cpu", cpu, str(engine.run))
        found = pipeline.run(bundle.path, [inputs], pipeline.Engine(program=words))[0]
        assert found.tobytes() == expected.tobytes(), cpu
        sentences.append(f"ARM: {cpu} (emulated): {len(found)} inferences, identical bytes")
    return tuple(sentences)
