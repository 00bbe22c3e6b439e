from collections import Counter

import pytest
from benchmarks import arm
from benchmarks.block_profile import last_spans
from benchmarks.core_cycles import CLASSES, classify, count_classes, instructions

from edgec.errors import BuildError

LINES = """block 0 d503201f d65f03c0
ran 0 7
clock
block 1 4e829420
ran 0 1
ran 1 3
clock
ran 1 5
clock
ran 0 2
""".splitlines(keepends=True)


def test_spans_are_what_ran_between_reads_of_the_clock() -> None:
    spans = last_spans(LINES, 2)
    assert spans == [Counter({"d503201f d65f03c0": 1, "4e829420": 3}), Counter({"4e829420": 5})]


def test_spans_are_at_most_as_many_as_there_were() -> None:
    assert len(last_spans(LINES, 9)) == 3


def test_spans_add_up_a_block_that_was_translated_twice() -> None:
    lines = ["block 0 aa", "block 1 aa", "ran 0 2", "ran 1 3", "clock"]
    assert last_spans(lines, 1) == [Counter({"aa": 5})]


@pytest.mark.parametrize(("text", "expected"), [
    ("sdot v0.4s, v1.16b, v2.4b[1]", "dot"), ("usdot v0.4s, v1.16b, v2.16b", "dot"),
    ("smmla v0.4s, v1.16b, v2.16b", "dot"),
    ("smull v0.8h, v1.8b, v2.8b", "widening_multiply"),
    ("smlal2 v0.8h, v1.16b, v2.16b", "widening_multiply"),
    ("umlal v0.4s, v1.4h, v2.h[0]", "widening_multiply"),
    ("sqdmull v0.4s, v1.4h, v2.4h", "widening_multiply"),
    ("smull x0, w1, w2", "integer"), ("smaddl x0, w1, w2, x3", "integer"),
    ("mul v0.4s, v1.4s, v2.4s", "simd"), ("mla v0.8h, v1.8h, v2.8h", "simd"),
    ("sadalp v0.4s, v1.8h", "simd"), ("fmla v0.4s, v1.4s, v2.s[0]", "simd"),
    ("fcvtns v0.4s, v0.4s", "simd"), ("fadd s0, s1, s2", "simd"), ("dup v0.4s, w1", "simd"),
    ("ldr q0, [x1]", "load_store"), ("ld1 { v0.16b }, [x0], #16", "load_store"),
    ("stp x29, x30, [sp, #-16]!", "load_store"), ("prfm pldl1keep, [x0]", "load_store"),
    ("add x0, x0, #16", "integer"), ("b.ne #-40", "integer"), ("ret", "integer"), ("", "integer"),
])
def test_instructions_are_classified_by_name_and_registers(text: str, expected: str) -> None:
    assert classify(text) == expected


def test_classes_are_counted_by_execution() -> None:
    texts = {"a": "sdot v0.4s, v1.16b, v2.16b", "b": "add x0, x0, #1"}
    counts = {"a a b": 10, "b": 1}
    assert count_classes(counts, texts) == {**dict.fromkeys(CLASSES, 0), "dot": 20, "integer": 11}
    assert instructions(counts) == 31


def test_recorded_peers_are_sorted_and_complete() -> None:
    for core in ("a76", "a72"):
        for network in ("mobilenetv2", "resnet18", "resnet8", "dscnn", "encoder4", "encoder4all"):
            peers = arm.recorded_peers(core, network)
            assert {"litert", "ort", "ncnn"} <= {p.name for p in peers}
            assert [p.cycles for p in peers] == sorted(p.cycles for p in peers)
            for peer in peers:
                assert sum(peer.classes.values()) == peer.instructions
    assert arm.recorded_peers("a76", "model.onnx") == []


def test_missing_tools_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import block_profile, core_cycles

    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(BuildError, match="apt install qemu-user"):
        block_profile._emulator()
    with pytest.raises(BuildError, match="apt install llvm-19"):
        core_cycles.disassemble(["d503201f"])
