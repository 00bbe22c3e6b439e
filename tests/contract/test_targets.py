"""What every board in targets/ promises. A new file is found and tested without another line."""

from __future__ import annotations

import re

import pytest

from edgec import registry
from edgec.target.target import ISAS, TARGETS_FOLDER, load_target, target_names

README = (TARGETS_FOLDER / "README.md").read_text()


@pytest.mark.parametrize("name", target_names())
def test_target_loads_under_a_name_of_lower_case_words(name: str) -> None:
    assert load_target(name).name == name
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)


@pytest.mark.parametrize("name", target_names())
def test_target_lists_instruction_sets_with_all_that_they_imply(name: str) -> None:
    target = load_target(name)
    order = ISAS[target.triple]
    for cpu in filter(None, (target.cpu, target.little)):
        assert cpu.isa == tuple(isa for isa in order if isa in cpu.isa), "weakest first"
        # avxvnni and avx512vnni do not imply each other; everything else implies what is weaker.
        strongest = order.index(cpu.isa[-1]) if cpu.isa else 0
        implied = [isa for isa in order[:strongest] if isa != "avxvnni"]
        assert set(implied) <= set(cpu.isa), "none left out"


@pytest.mark.parametrize("name", target_names())
def test_target_without_an_energy_reader_says_why(name: str) -> None:
    target = load_target(name)
    assert target.energy or re.search(r"no power sensor|[Ee]mulated", target.notes)


@pytest.mark.parametrize("name", target_names())
def test_backends_of_a_target_exist(name: str) -> None:
    known = registry.names("edgec.lower.backends")
    assert set(load_target(name).backends) <= set(known)


@pytest.mark.parametrize("name", target_names())
def test_energy_readers_of_a_target_exist(name: str) -> None:
    known = registry.names("edgec.measure.energy")
    assert set(load_target(name).energy) <= set(known)


@pytest.mark.parametrize("name", target_names())
def test_little_cores_are_slower_than_the_fast_ones(name: str) -> None:
    target = load_target(name)
    if target.little is None:
        assert target.little_cores == 0
    else:
        assert target.little.clock_mhz < target.cpu.clock_mhz


def test_every_cpu_file_is_used_by_a_board() -> None:
    targets = [load_target(name) for name in target_names()]
    used = {cpu.name for target in targets for cpu in (target.cpu, target.little) if cpu}
    assert used == {path.stem for path in (TARGETS_FOLDER / "cpus").glob("*.toml")}


def test_readme_describes_every_key_that_the_files_use() -> None:
    keys = {line.split("=")[0].strip() for path in TARGETS_FOLDER.rglob("*.toml")
            for line in path.read_text().splitlines() if re.match(r"[a-z0-9_]+ *=", line)}
    assert {key for key in keys if f"`{key}`" not in README} == set()


def test_engine_builds_the_same_instruction_sets_for_each_architecture() -> None:
    cmake = (TARGETS_FOLDER.parent / "cpp/cmake/kernels.cmake").read_text()
    built = [tuple(found.split()) for found in re.findall(r"set\(EDGEC_ISAS portable *([^)]*)\)",
                                                          cmake)]
    assert set(built) - {()} == set(ISAS.values()) - {()}
