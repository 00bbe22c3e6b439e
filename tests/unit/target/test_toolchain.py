import ctypes
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edgec.errors import BuildError, UnknownName
from edgec.target import toolchain

# A project that builds in a second and has the engine's outputs.
CMAKE = """cmake_minimum_required(VERSION 3.18)
project(tiny LANGUAGES CXX)
add_subdirectory(cpp)
"""
CPP = """file(APPEND ${PROJECT_SOURCE_DIR}/configured "x")
add_library(edgec_shared SHARED one.cc)
set_target_properties(edgec_shared PROPERTIES OUTPUT_NAME edgec)
add_subdirectory(tools)
"""
TOOLS = """foreach(tool run bench)
  add_executable(edgec_${tool} main.cc)
  set_target_properties(edgec_${tool} PROPERTIES OUTPUT_NAME edgec-${tool})
endforeach()
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("CMakeLists.txt", CMAKE), ("cpp/CMakeLists.txt", CPP),
                       ("cpp/one.cc", "int one() { return 1; }\n"),
                       ("cpp/tools/CMakeLists.txt", TOOLS),
                       ("cpp/tools/main.cc", "int main() { return 0; }\n")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setenv("EDGEC_SOURCE", str(tmp_path))
    return tmp_path


def test_build_engine_gives_programs_that_run(project):
    build = toolchain.build_engine()
    assert build.triple == toolchain.host_triple()
    assert build.library.is_file()
    subprocess.run([str(build.run)], check=True)
    subprocess.run([str(build.bench)], check=True)


def test_build_engine_twice_builds_once(project):
    assert toolchain.build_engine() == toolchain.build_engine()
    assert (project / "configured").read_text() == "x"


def test_build_engine_at_the_same_time_builds_once(project):
    with ThreadPoolExecutor(3) as pool:
        builds = set(pool.map(lambda _: toolchain.build_engine(), range(3)))
    assert len(builds) == 1
    assert (project / "configured").read_text() == "x"


def test_a_changed_source_is_built_again_elsewhere(project):
    first = toolchain.build_engine()
    (project / "cpp" / "one.cc").write_text("int one() { return 2; }\n")
    assert toolchain.build_engine().run != first.run


def write_during_builds(project: Path, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """An editor that saves one.cc, with another number, when a build has compiled it."""
    numbers = iter(range(1, times + 1))
    build = toolchain._build

    def edited(*given):
        made = build(*given)
        if (number := next(numbers, None)) is not None:
            (project / "cpp" / "one.cc").write_text(f"int one() {{ return 10 + {number}; }}\n")
        return made

    monkeypatch.setattr(toolchain, "_build", edited)


def test_a_source_that_changes_during_a_build_is_built_again(project, monkeypatch):
    write_during_builds(project, monkeypatch, times=1)
    made = toolchain.build_engine().library
    assert ctypes.CDLL(str(made))._Z3onev() == 11
    assert list((project / "build").glob("*/libedgec.so")) == [made]


def test_sources_that_change_during_every_build_are_refused(project, monkeypatch):
    write_during_builds(project, monkeypatch, times=99)
    with pytest.raises(BuildError, match="changed during each of 3 builds"):
        toolchain.build_engine()
    assert [p.suffix for p in (project / "build").iterdir()] == [".lock"]


def test_the_builds_that_were_wanted_last_are_kept(project):
    found = []
    for number in range(5):
        (project / "cpp" / "one.cc").write_text(f"int one() {{ return {number}; }}\n")
        found.append(toolchain.build_engine().run)
        if number == 3:  # the first one is wanted again
            (project / "cpp" / "one.cc").write_text("int one() { return 0; }\n")
            assert toolchain.build_engine().run == found[0]
    assert [run.is_file() for run in found] == [True, False, True, True, True]


def test_a_build_with_other_options_compiles_nothing_again(project):
    engine = toolchain.build_engine()
    compiler = toolchain.find_compiler(engine.triple, "auto")
    compiled = {p: p.stat().st_mtime_ns for p in (project / "build").glob("objects-*/**/*.o")}
    toolchain._built("engine", engine.triple, compiler, ("-DEDGEC_STATIC=ON",), toolchain._ENGINE)
    assert len(compiled) == 3
    assert {p: p.stat().st_mtime_ns for p in compiled} == compiled


def test_objects_of_a_build_that_was_killed_are_not_used(project):
    engine = toolchain.build_engine()
    (objects,) = (project / "build").glob("objects-*")
    (objects / "unfinished").touch()
    next(objects.glob("**/one.cc.o")).write_bytes(b"cut short")
    shutil.rmtree(engine.library.parent)
    assert toolchain.build_engine().library.is_file()


def test_a_failed_build_shows_the_compilers_error_and_leaves_nothing(project):
    (project / "cpp" / "one.cc").write_text("int one() { return undeclared_name; }\n")
    with pytest.raises(BuildError, match="undeclared_name"):
        toolchain.build_engine()
    (project / "cpp" / "one.cc").write_text("int one() { return 3; }\n")
    assert toolchain.build_engine().library.is_file()


def test_a_folder_without_sources_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEC_SOURCE", str(tmp_path))
    with pytest.raises(BuildError, match="EDGEC_SOURCE"):
        toolchain.build_engine()


def test_missing_compilers_say_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(toolchain, "find_spec", lambda name: None)
    with pytest.raises(BuildError, match=r"apt install g\+\+-aarch64-linux-gnu, or: pip install"):
        toolchain.find_compiler("aarch64", "auto")
    with pytest.raises(BuildError, match="ziglang"):
        toolchain.find_compiler(toolchain.host_triple(), "zig")


def test_missing_cmake_says_what_to_install(project, monkeypatch):
    compiler = toolchain.find_compiler(toolchain.host_triple(), "auto")
    monkeypatch.setattr(toolchain, "find_compiler", lambda triple, kind: compiler)
    monkeypatch.setenv("PATH", str(project))
    monkeypatch.setattr(toolchain.sys, "executable", str(project / "python"))
    with pytest.raises(BuildError, match="cmake is not installed"):
        toolchain.build_engine()


def test_a_build_folder_that_cannot_be_written_is_a_build_error(project):
    (project / "build").write_text("a file where a folder should be")
    with pytest.raises(BuildError, match="cannot build the engine in"):
        toolchain.build_engine()


@pytest.mark.parametrize(("triple", "compiler"), [("riscv64", "auto"), ("x86_64", "msvc")])
def test_unknown_names_are_refused(triple, compiler):
    with pytest.raises(UnknownName, match="There are: "):
        toolchain.build_engine(triple, compiler)


def test_emulator_is_empty_for_this_machine():
    assert toolchain.emulator(toolchain.host_triple()) == ()


def test_a_missing_emulator_says_what_to_install(monkeypatch, tmp_path):
    other = "aarch64" if toolchain.host_triple() != "aarch64" else "x86_64"
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="qemu-user-static"):
        toolchain.emulator(other)


@pytest.mark.slow
@pytest.mark.parametrize("triple", ["aarch64", "armv7"])
def test_the_engine_for_another_machine_runs_under_its_emulator(triple):
    if triple == toolchain.host_triple():
        pytest.skip(f"this machine is {triple}: nothing to cross-compile")
    try:
        prefix = toolchain.emulator(triple)
        build = toolchain.build_engine(triple)
    except BuildError as error:
        if "not installed" in str(error) or "is installed" in str(error):
            pytest.skip(str(error))
        raise
    case = Path(__file__).resolve().parents[2] / "cases" / "malformed" / "valid.edgec"
    done = subprocess.run([*prefix, str(build.run), str(case), "--info"], capture_output=True,
                          env={**os.environ, "QEMU_CPU": "cortex-a53" if triple == "aarch64"
                               else "cortex-a15"}, check=True)
    assert b'"isa":"neon"' in done.stdout
