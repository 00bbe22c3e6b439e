import copy
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from edgec.errors import FormatError, UsageError
from edgec.format.bundle import Answered
from edgec.measure.exits import by_exit
from edgec.measure.report import render
from edgec.measure.results import read_result, validate, write_result

RESULT = json.loads((Path(__file__).parents[2] / "cases" / "results" / "watch.json").read_text())


class Outline(HTMLParser):
    """Collects tags that must be closed, and everything that would load something."""

    VOID = ("meta", "line", "rect", "polyline", "link", "img", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loads += [f"{tag} {k}={v}" for k, v in attrs if k in ("src", "href", "srcset")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def outline(html: str) -> Outline:
    parser = Outline()
    parser.feed(html)
    return parser


def test_report_is_well_formed_and_loads_nothing() -> None:
    html = render([RESULT, RESULT])
    found = outline(html)
    assert found.open == []
    assert found.loads == []
    assert "url(" not in html
    assert "<script" not in html


def test_report_of_hostile_names_escapes_them() -> None:
    hostile = copy.deepcopy(RESULT)
    hostile["bundle"]["name"] = hostile["board"]["where"] = "<script>alert(1)</script>"
    hostile["layers"][0]["name"] = "\"><script>x</script>"
    assert "<script" not in render([hostile])


def test_report_shows_the_roofline_where_there_is_one() -> None:
    measured = copy.deepcopy(RESULT)
    measured["roofline"] = {"s8_gmac_per_s": 233.0, "f32_gmac_per_s": 58.0,
                            "read": [{"buffer_bytes": 16384, "gb_per_s": 180.0}]}
    for layer in measured["layers"]:
        layer |= {"roofline_ns": layer["median_ns"] // 4, "bound": "memory"}
    validate(measured, "this")
    html = render([measured])
    assert "233 GMAC/s int8, 58 GMAC/s float32; reads 180 GB/s from 16.0 KiB" in html
    assert "25% of peak" in html
    assert "of peak" not in render([RESULT])


def test_report_of_early_exits_shows_shares_times_and_scores_instead_of_percentiles() -> None:
    raw = {"output_names": ["y", "exit_1"], "answers": [1, 0] * 50,
           "samples_ns": [2000, 10000] * 50}
    measured = {**RESULT, "exits": by_exit(raw, (Answered("exit_1", 0.75, 0.875),
                                                 Answered("y", 0.25, None)))}
    validate(measured, "this")
    html = render([measured])
    assert "<td>exit_1</td><td>75.0%</td><td>2.0 µs</td><td>87.5%</td>" in html
    assert "<td>y</td><td>25.0%</td><td>10.0 µs</td><td>unknown</td>" in html
    assert "<td>4.0 µs in the mean</td><td>10.0 µs at worst</td>" in html
    assert outline(html).open == []


def test_report_of_invalid_run_says_why() -> None:
    invalid = {**RESULT, "valid": False, "invalid_reasons": ["firmware reports throttled"]}
    assert "invalid: firmware reports throttled" in render([invalid])


def test_report_without_enough_samples_prints_no_percentile() -> None:
    few = copy.deepcopy(RESULT)
    few["latency"]["percentiles_us"]["p99"] = None
    row = re.search(r"latency p99</th><td>(.*?)</td>", render([few]))
    assert row is not None
    assert "too few samples" in row.group(1)


def test_report_of_a_single_sample_can_be_drawn() -> None:
    single = {**RESULT, "samples_ns": [1000]}
    assert outline(render([single])).open == []


@pytest.mark.parametrize(("key", "value", "place"), [
    ("schema", "edgec-result/2", "schema"), ("samples_ns", [], "samples_ns"),
    ("samples_ns", [2000, -1], "samples_ns/1"), ("samples_ns", [2000, True], "samples_ns/1"),
    ("valid", "yes", "valid"), ("energy", {"measured": True}, "energy")])
def test_result_that_breaks_the_schema_is_refused_with_the_place(key: str, value: object,
                                                                 place: str) -> None:
    with pytest.raises(FormatError, match=f"at {place}: "):
        validate({**RESULT, key: value}, "x.json")


def test_result_survives_writing_and_reading(tmp_path: Path) -> None:
    write_result(RESULT, tmp_path / "r.json")
    assert read_result(tmp_path / "r.json") == RESULT


@pytest.mark.parametrize("text", ["", "{", "[]", "not json"])
def test_result_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "r.json"
    path.write_text(text)
    with pytest.raises(FormatError, match=r"r\.json is not"):
        read_result(path)


def test_result_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Cannot write"):
        write_result(RESULT, tmp_path / "missing" / "r.json")
    assert list(tmp_path.iterdir()) == []
