"""Builds the C++ engine for a machine, once for each state of its sources.

The result lies in `build/engine-<triple>-<hash>`: the hash covers the sources, the options and
the compiler, so an old build is never mistaken for a new one. Two processes that want a build for
the same triple wait for each other. A new build takes the place of the one least recently wanted.
What was compiled stays in `build/objects-<triple>-<hash>`, for builds of the same sources with
other options: another link, or TVM's library.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from edgec.errors import BuildError, UnknownName

COMPILERS = ("auto", "gnu", "clang", "zig")
# Of each architecture: the prefix of Debian's cross compiler, Debian's package, zig's name of the
# machine, and the emulator.
_MACHINES = {
    "x86_64": ("x86_64-linux-gnu", "g++-x86-64-linux-gnu", "x86_64-linux-musl", "qemu-x86_64"),
    "aarch64": ("aarch64-linux-gnu", "g++-aarch64-linux-gnu", "aarch64-linux-musl", "qemu-aarch64"),
    "armv7": ("arm-linux-gnueabihf", "g++-arm-linux-gnueabihf", "arm-linux-musleabihf", "qemu-arm"),
}
# CMake's targets, and their files in the build folder's cpp/.
_ENGINE = {"edgec_run": "tools/edgec-run", "edgec_bench": "tools/edgec-bench",
           "edgec_shared": "libedgec.so"}
_TVM = {"edgec_tvm": "tvm/libedgec_tvm.so", "edgec_tvm_rpc": "tvm/edgec-tvm-rpc"}
_UNLESS_GIVEN = ("-DEDGEC_STATIC=OFF", "-DEDGEC_TVM_FFI=")  # CMake remembers the last build's
_BUILDS_KEPT = 4  # of one triple
_ATTEMPTS = 3  # while somebody edits the sources
_FAILURE_LINES = 25  # of the compiler's output that a BuildError shows


@dataclass(frozen=True)
class EngineBuild:
    """The engine of one machine: two programs and the shared library with the C ABI."""

    triple: str
    run: Path
    bench: Path
    library: Path


@dataclass(frozen=True)
class Compiler:
    """A compiler on this machine and the CMake options that select it."""

    kind: str
    path: str
    options: tuple[str, ...]


def host_triple() -> str:
    """The architecture of this machine: x86_64, aarch64 or armv7."""
    machine = platform.machine().lower()
    for names, triple in ((("x86_64", "amd64"), "x86_64"), (("aarch64", "arm64"), "aarch64"),
                          (("armv7l", "armv8l"), "armv7")):
        if machine in names:
            return triple
    raise BuildError(f"cannot build the engine: this machine is {machine!r}, known are "
                     f"{', '.join(_MACHINES)}. Name a triple to build for another machine.")


def build_engine(triple: str = "", compiler: str = "auto", *, loads: bool = False) -> EngineBuild:
    """The engine for `triple` (this machine's if empty), built now unless it was before.

    Programs for another machine are static, so that one file runs on every board, whatever C
    library it has; with `loads` they are not, and load other runtimes' libraries.

    `compiler` is one of COMPILERS: "auto" takes g++ or clang++ here, the distribution's cross
    compiler for another machine, and zig (from the package ziglang) where those are missing.
    BuildError says what to install, or shows the end of the compiler's output.
    """
    triple = triple or host_triple()
    if triple not in _MACHINES:
        raise UnknownName("triple", triple, _MACHINES)
    if compiler not in COMPILERS:
        raise UnknownName("compiler", compiler, COMPILERS)
    chosen = find_compiler(triple, compiler)
    if loads:
        chosen = _loading(triple, chosen)
    folder = _built("engine", triple, chosen, (), _ENGINE)
    return EngineBuild(triple, folder / "edgec-run", folder / "edgec-bench",
                       folder / "libedgec.so")


def build_tvm_library(triple: str, ffi_headers: Path) -> tuple[Path, Path]:
    """libedgec_tvm.so for `triple`: the engine as functions of TVM's runtime, built as above; and
    edgec-tvm-rpc, which serves a session of TVM's RPC.

    `ffi_headers`: the folder of TVM FFI's headers.
    """
    compiler = _loading(triple, find_compiler(triple, "auto"))
    folder = _built("tvm", triple, compiler, (f"-DEDGEC_TVM_FFI={ffi_headers}",), _TVM)
    return folder / "libedgec_tvm.so", folder / "edgec-tvm-rpc"


def shared_linker(triple: str) -> tuple[str, ...]:
    """Words that link a shared library of the same bytes each time; output and objects follow."""
    compiler = _loading(triple, find_compiler(triple, "auto"))
    return (compiler.path, "-shared", "-s", "-Wl,--build-id=none", "-o")


def _built(what: str, triple: str, compiler: Compiler, options: Sequence[str],
           made: Mapping[str, str]) -> Path:
    """The folder with what CMake makes: targets and their files; built now unless it was."""
    source = source_folder()
    options = ["-DCMAKE_BUILD_TYPE=Release", *compiler.options, *options]
    builds = source / "build"
    with _lock(builds / f"{triple}.lock"):
        for _ in range(_ATTEMPTS):
            state = _fingerprint(source, compiler, options)
            folder = builds / f"{what}-{triple}-{state}"
            if not folder.is_dir():
                objects = builds / f"objects-{triple}-{_fingerprint(source, compiler, ())}"
                work = _build(source, folder, objects, options, made)
                if _fingerprint(source, compiler, options) != state:
                    for mixed in (work, objects):  # parts of it are older than others
                        shutil.rmtree(mixed)
                    continue
                work.rename(folder)
                _remove_oldest(builds.glob(f"{what}-{triple}-*"), _BUILDS_KEPT)
                _remove_oldest(builds.glob(f"objects-{triple}-*"), 1)
            folder.touch()
            return folder
    raise BuildError(f"cannot build the engine: {source / 'cpp'} changed during each of "
                     f"{_ATTEMPTS} builds, and a build of two states is none. Run the command "
                     "again when nothing writes there.")


def emulator(triple: str) -> tuple[str, ...]:
    """What to put before a program of `triple` to run it here: nothing, or an emulator.

    The environment variable QEMU_CPU chooses the emulated core. BuildError if there is none.
    """
    if triple not in _MACHINES:
        raise UnknownName("triple", triple, _MACHINES)
    if triple == host_triple():
        return ()
    program = f"{_MACHINES[triple][3]}-static"
    path = shutil.which(program)
    if path is None:
        raise BuildError(f"cannot run programs for {triple} here: {program} is not installed. "
                         "Install it with: apt install qemu-user-static")
    return (path,)


def source_folder() -> Path:
    """The folder with CMakeLists.txt and cpp/: EDGEC_SOURCE, or the one edgec lies in."""
    named = os.environ.get("EDGEC_SOURCE")
    folder = Path(named).resolve() if named else Path(__file__).resolve().parents[2]
    if not (folder / "cpp" / "CMakeLists.txt").is_file():
        raise BuildError(f"cannot build the engine: {folder} has no cpp/CMakeLists.txt. Set "
                         "EDGEC_SOURCE to a checkout of edgec.")
    return folder


def find_compiler(triple: str, compiler: str) -> Compiler:
    """The first compiler of the wanted kind that is installed; BuildError names what to install."""
    native = triple == host_triple()
    kinds = COMPILERS[1:] if compiler == "auto" else (compiler,)
    for kind in kinds:
        found = _zig(triple) if kind == "zig" else _installed(kind, triple, native)
        if found is not None:
            return found
    package = "g++" if native else _MACHINES[triple][1]
    raise BuildError(f"cannot build the engine for {triple}: no compiler of kind {compiler!r} is "
                     f"installed. Install one with: apt install {package}, or: pip install "
                     "ziglang")


def _installed(kind: str, triple: str, native: bool) -> Compiler | None:
    """A compiler on PATH. Clang is only used for this machine: it brings no foreign C library."""
    if kind == "clang" and not native:
        return None
    plain = "g++" if kind == "gnu" else "clang++"
    name = plain if native else f"{_MACHINES[triple][0]}-g++"
    path = shutil.which(name)
    if path is None:
        return None
    if native:
        return Compiler(kind, path, (f"-DCMAKE_CXX_COMPILER={path}",))
    return Compiler(kind, path, _cross_options(triple))


def _zig(triple: str) -> Compiler | None:
    """Zig of the package ziglang, whose folder holds the program."""
    spec = find_spec("ziglang")
    if spec is None or spec.origin is None:
        return None
    path = str(Path(spec.origin).with_name("zig"))
    return Compiler("zig", path, (*_cross_options(triple), f"-DEDGEC_ZIG={path}"))


def _cross_options(triple: str) -> tuple[str, ...]:
    return (f"-DCMAKE_TOOLCHAIN_FILE=cpp/cmake/{triple}.cmake", "-DEDGEC_STATIC=ON")


def _loading(triple: str, compiler: Compiler) -> Compiler:
    """The same, for programs that load libraries: those of boards are made for glibc, not musl."""
    if compiler.kind == "zig":
        raise BuildError(f"cannot build programs for {triple} that load libraries: zig builds "
                         f"static ones. Install a compiler with: apt install "
                         f"{_MACHINES[triple][1]}")
    options = tuple(o for o in compiler.options if o != "-DEDGEC_STATIC=ON")
    return replace(compiler, options=options)


def _fingerprint(source: Path, compiler: Compiler, options: Sequence[str]) -> str:
    """12 hex digits over everything that the build depends on."""
    version = subprocess.run([compiler.path, "version" if compiler.kind == "zig" else "--version"],
                             capture_output=True, check=False).stdout
    digest = hashlib.sha256(b"\0".join([version, *(option.encode() for option in options)]))
    files = [source / "CMakeLists.txt", *(source / "cpp").rglob("*")]
    for path in sorted(p for p in files if p.is_file() and p.suffix != ".md"):
        content = path.read_bytes()
        digest.update(f"\0{path.relative_to(source)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:12]


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Holds the file's lock; the file stays, for the next one to wait on."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    except OSError as error:
        raise BuildError(f"cannot build the engine in {path.parent}: {error.strerror}. Make it "
                         "writable, or set EDGEC_SOURCE to a checkout that is.") from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(source: Path, folder: Path, objects: Path, options: Sequence[str],
           made: Mapping[str, str]) -> Path:
    """A folder of its own to be renamed to `folder`, which is complete or not there."""
    work = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(work, ignore_errors=True)
    _compile(source, objects, options, made)
    work.mkdir()
    for file in made.values():
        shutil.copy2(objects / "cpp" / file, work)
    return work


def _compile(source: Path, objects: Path, options: Sequence[str], made: Iterable[str]) -> None:
    """CMake's targets in `objects`, which is gone afterwards if that fails."""
    cmake = _program("cmake")
    unfinished = objects / "unfinished"
    if unfinished.exists():  # killed: a file may be cut short, and look new
        shutil.rmtree(objects)
    objects.mkdir(exist_ok=True)
    unfinished.touch()
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    try:
        _call([cmake, "-S", str(source), "-B", str(objects), *generator, *_UNLESS_GIVEN, *options],
              source)
        _call([cmake, "--build", str(objects), "--parallel", str(os.cpu_count() or 1),
               "--target", *made], source)
    except BaseException:
        shutil.rmtree(objects)
        raise
    unfinished.unlink()
    objects.touch()


def _remove_oldest(builds: Iterable[Path], kept: int) -> None:
    """All but the few that were wanted last; what still runs from a removed folder goes on."""
    folders = (build for build in builds if build.is_dir())
    for old in sorted(folders, key=lambda b: b.stat().st_mtime, reverse=True)[kept:]:
        shutil.rmtree(old, ignore_errors=True)


def _program(name: str) -> str:
    """A program on PATH or beside this Python, where pip puts it."""
    beside = Path(sys.executable).with_name(name)
    path = shutil.which(name) or (str(beside) if beside.is_file() else None)
    if path is None:
        raise BuildError(f"cannot build the engine: {name} is not installed. Install it with: "
                         f"apt install {name}, or: pip install {name}")
    return path


def _call(command: Sequence[str], folder: Path) -> None:
    """Runs a build step quietly; BuildError with the end of its output if it fails."""
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    if done.returncode != 0:
        lines = done.stdout.rstrip().splitlines()
        errors = [line for line in lines if "error" in line.lower()] or lines
        raise BuildError(f"the engine's build failed: {' '.join(command)} ended with exit code "
                         f"{done.returncode}. Its last errors:\n"
                         + "\n".join(errors[-_FAILURE_LINES:]))
