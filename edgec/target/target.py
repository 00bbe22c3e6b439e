"""Boards as data: `targets/<board>.toml` and `targets/cpus/<cpu>.toml`, loaded and checked.

The schema is described field by field in `targets/README.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from edgec.errors import TargetError, UnknownName
from edgec.target.table import Table

TARGETS_FOLDER = Path(__file__).resolve().parents[2] / "targets"

# What each architecture may offer, weakest first: the names of `cpp/src/base/isa.h`.
ISAS = {
    "x86_64": ("avx2", "avxvnni", "avx512vnni"),
    "aarch64": ("neon", "neondot", "i8mm"),
    "armv7": ("neon",),
    "armv8m": (),  # microcontrollers: the artifact goes into a firmware
}

# Where nobody has measured: sparse weights must save a third of the work.
SPARSE_PERCENT: Mapping[int, int] = MappingProxyType({4: 150, 8: 150, 16: 150})


@dataclass(frozen=True)
class Cpu:
    """A kind of core as one board has it: instruction sets, caches, clock.

    `int8_macs_per_cycle` is an upper bound for one core with its best instruction. `l2_kb` is
    the L2 that one core can fill: its own, or the shared one where cores share it.
    `sparse_percent`, by the columns of a block: time of block-sparse int8 kernels with no zero
    block, in percent of the dense kernels' time.
    """

    name: str
    title: str
    isa: tuple[str, ...]
    in_order: bool
    l1d_kb: int
    l2_kb: int
    clock_mhz: int
    int8_macs_per_cycle: int
    sparse_percent: Mapping[int, int] = field(default_factory=lambda: SPARSE_PERCENT)


@dataclass(frozen=True)
class Npu:
    """An accelerator as its compiler wants it named.

    `config_file` is the compiler's own, or one beside the target's file when it ends in .ini there.
    """

    accelerator: str
    system_config: str
    memory_mode: str
    config_file: str


@dataclass(frozen=True)
class Target:
    """A kind of board. `cpu` and `cores` are its fast cores; `little` the slow ones, if any."""

    name: str
    title: str
    cpu: Cpu
    cores: int
    memory_mb: int
    triple: str
    backends: tuple[str, ...]
    energy: tuple[str, ...]
    notes: str
    little: Cpu | None = None
    little_cores: int = 0
    npu: Npu | None = None


def target_names() -> tuple[str, ...]:
    """The names of the boards in `targets/`, sorted."""
    return tuple(sorted(path.stem for path in TARGETS_FOLDER.glob("*.toml")))


def load_target(name_or_path: str | Path) -> Target:
    """The board of that name in `targets/`, or in the file at that path (one ending in .toml).

    Raises UnknownName for a name that is not there, and TargetError for a file that is wrong.
    """
    text = str(name_or_path)
    if text.endswith(".toml"):
        return _read_target(Path(text).expanduser())
    if text not in target_names():
        raise UnknownName("target", text, target_names())
    return _read_target(TARGETS_FOLDER / f"{text}.toml")


def _read_target(path: Path) -> Target:
    table = Table.read(path)
    triple = table.choice("triple", ISAS)
    cpu, cores = _read_cores(table.table("cpu"), path.parent, triple)
    little_table = table.optional_table("little")
    little, little_cores = (_read_cores(little_table, path.parent, triple)
                            if little_table else (None, 0))
    npu = table.optional_table("npu")
    backends = table.names("backends")
    if not backends:
        raise table.fail("backends", "a list of at least one backend")
    target = Target(
        name=path.stem, title=table.text("title"), cpu=cpu, cores=cores,
        memory_mb=table.integer("memory_mb", 16, 1 << 22), triple=triple, backends=backends,
        energy=table.names("energy"), notes=table.text("notes", default=""),
        little=little, little_cores=little_cores, npu=_read_npu(npu, path.parent) if npu else None)
    table.close()
    return target


def _read_npu(table: Table, folder: Path) -> Npu:
    def name(key: str) -> str:
        found: str = table.text(key, pattern=r"[A-Za-z][A-Za-z0-9_-]*",
                                allowed="a name of the NPU's compiler")
        return found

    file = table.text("config_file")
    own = folder / file
    npu = Npu(name("accelerator"), name("system_config"), name("memory_mode"),
              str(own.resolve()) if own.is_file() else file)
    table.close()
    return npu


def _read_cores(table: Table, folder: Path, triple: str) -> tuple[Cpu, int]:
    core = table.text("core", pattern=r"[a-z][a-z0-9_]*", allowed="the name of a file in cpus/")
    cores = table.integer("cores", 1, 1024)
    clock_mhz = table.integer("clock_mhz", 50, 10_000)
    l1d_kb = table.integer("l1d_kb", 1, 1024)
    l2_kb = table.integer("l2_kb", 0, 1 << 18)
    table.close()
    kind = Table.read(_cpu_file(table, folder, core))
    isa = kind.names("isa", among={name for names in ISAS.values() for name in names})
    wrong = sorted(set(isa) - set(ISAS[triple]))
    if wrong:
        raise TargetError(f"{table.where}: core {core!r} has the instruction sets "
                          f"{', '.join(wrong)}, which {triple} does not have; it may have "
                          f"{', '.join(ISAS[triple])}. Correct 'core' or 'triple'.")
    sparse = kind.optional_table("sparse_percent")
    cpu = Cpu(name=core, title=kind.text("title"), isa=isa, in_order=kind.flag("in_order"),
              l1d_kb=l1d_kb, l2_kb=l2_kb, clock_mhz=clock_mhz,
              int8_macs_per_cycle=kind.integer("int8_macs_per_cycle", 1, 4096),
              sparse_percent=_read_sparse(sparse) if sparse else SPARSE_PERCENT)
    kind.close()
    return cpu, cores


def _read_sparse(table: Table) -> Mapping[int, int]:
    percent = {columns: table.integer(f"columns_{columns}", 10, 10_000)
               for columns in SPARSE_PERCENT}
    table.close()
    return MappingProxyType(percent)


def _cpu_file(table: Table, folder: Path, core: str) -> Path:
    """`cpus/<core>.toml` beside the board's file, or else among edgec's own."""
    for place in (folder / "cpus", TARGETS_FOLDER / "cpus"):
        if (place / f"{core}.toml").is_file():
            return place / f"{core}.toml"
    known = sorted(path.stem for path in (TARGETS_FOLDER / "cpus").glob("*.toml"))
    raise table.fail("core", f"the name of a file in cpus/; there are {', '.join(known)}")
