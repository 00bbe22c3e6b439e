"""The result file: one JSON document for one measurement, checked against its schema both ways."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from edgec.atomic import write_file
from edgec.errors import FormatError
from edgec.format.bundle import Bundle
from edgec.measure.accuracy import Comparison
from edgec.measure.bench import Measurement
from edgec.measure.exits import by_exit
from edgec.measure.own_data import Answers

SCHEMA = "edgec-result/1"
COUNT = {"type": "integer", "minimum": 0}  # as the schema writes it
MIXED = ("the model has early exits and was timed on its golden samples, one for each exit: read "
         "the latency of each exit, the mean by the shares of validation, and the worst")


@dataclass(frozen=True)
class BoardIdentity:
    """Which board it was: its name in the boards file ("here" for this machine) and its facts."""

    name: str
    where: str
    cpu: str = ""
    kernel: str = ""
    os: str = ""
    cores: int | None = None
    memory_mb: int | None = None


def record(bundle: Bundle, board: BoardIdentity, measurement: Measurement,
           accuracy: Comparison | None = None, answers: Answers | None = None) -> dict[str, Any]:
    """The result document; FormatError when it breaks the schema (then edgec-bench is at fault).

    answers: to the user's own samples, when those were measured and not the golden ones.
    """
    raw = measurement.raw
    artifact = bundle.files[bundle.artifact]
    document = {
        "schema": SCHEMA,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "edgec": raw["version"],
        "command": list(measurement.command),
        "bundle": {"id": bundle.id, "name": bundle.name, "backend": bundle.backend,
                   "target": bundle.target, "artifact_bytes": artifact.bytes,
                   "artifact_sha256": artifact.sha256},
        "board": asdict(board),
        "engine": {key: raw[key] for key in ("version", "isa", "threads")},
        "latency": asdict(measurement.latency),
        **{key: raw[key] for key in ("samples_ns", "load_ns", "first_ns", "memory")},
        "layers": raw.get("layers", []),
        "roofline": raw.get("roofline"),
        "state": {"before": asdict(measurement.before), "after": asdict(measurement.after)},
        "exits": by_exit(raw, bundle.exits, answers) or None,
        "valid": not measurement.invalid_reasons,
        "invalid_reasons": list(measurement.invalid_reasons),
        "remarks": [*measurement.remarks, *([MIXED] if bundle.exits and answers is None else [])],
        "energy": asdict(measurement.energy),
        "accuracy": None if accuracy is None else asdict(accuracy),
        "data": None if answers is None else answers.to_json(),
    }
    validate(document, "this measurement")
    return document


def validate(document: Any, where: str) -> None:
    """FormatError that names the first place where `document` breaks the schema."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    schema = json.loads(files("edgec.measure").joinpath("result.schema.json").read_text())
    checker = extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, {"items": _items})
    errors = sorted(checker(schema).iter_errors(document), key=lambda e: list(e.path))
    if errors:
        place = "/".join(str(p) for p in errors[0].path) or "the top level"
        raise FormatError(f"{where} is not a result of schema {SCHEMA}: at {place}: "
                          f"{errors[0].message[:300]}. Results are written by "
                          "`edgec bench --json`.")


def _items(validator: Any, items: Any, instance: Any, schema: Any) -> Any:
    """The schema's `items`; a list of good counts passes at once: samples come by the million."""
    from jsonschema import Draft202012Validator

    if items == COUNT and isinstance(instance, list) \
            and set(map(type, instance)) == {int} and min(instance) >= 0:
        return iter(())
    return Draft202012Validator.VALIDATORS["items"](validator, items, instance, schema)


def write_result(document: Mapping[str, Any], path: Path) -> None:
    """Writes the document; the file appears whole or not at all."""
    write_file(path, (json.dumps(document, indent=1) + "\n").encode())


def read_result(path: Path) -> dict[str, Any]:
    """A checked result document."""
    try:
        document = json.loads(path.read_text())
    except OSError as error:
        raise FormatError(f"Cannot read the result {path}: {error.strerror}.") from None
    except ValueError as error:
        raise FormatError(f"{path} is not JSON ({error}). Results are written by "
                          "`edgec bench --json`.") from None
    validate(document, str(path))
    checked: dict[str, Any] = document
    return checked
