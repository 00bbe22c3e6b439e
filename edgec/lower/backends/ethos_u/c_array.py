"""A model as C sources for firmware: an aligned constant array, its size, its sha256."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

ALIGNMENT = 16  # what TensorFlow Lite Micro and the driver ask of a model in memory
_COLUMNS = 16

_HEADER = """\
/* The model of model.tflite, to be linked into a firmware. Written by edgec. */
#ifndef EDGEC_MODEL_H
#define EDGEC_MODEL_H

#ifdef __cplusplus
extern "C" {{
#endif

#define EDGEC_MODEL_SIZE {size}u
#define EDGEC_MODEL_ALIGNMENT {alignment}
#define EDGEC_MODEL_SHA256 "{digest}"

/* At an address that is a multiple of EDGEC_MODEL_ALIGNMENT. */
extern const unsigned char edgec_model[EDGEC_MODEL_SIZE];

#ifdef __cplusplus
}}
#endif

#endif
"""
_SOURCE = """\
#include "model.h"

/* C11 or C++11: __attribute__((aligned)) is not known to every compiler for microcontrollers. */
#ifdef __cplusplus
alignas(EDGEC_MODEL_ALIGNMENT)
#else
_Alignas(EDGEC_MODEL_ALIGNMENT)
#endif
const unsigned char edgec_model[EDGEC_MODEL_SIZE] = {{
{rows}
}};
"""


def sources(model: bytes) -> Mapping[str, bytes]:
    """model.h and model.c."""
    header = _HEADER.format(size=len(model), alignment=ALIGNMENT, digest=sha256(model).hexdigest())
    rows = ",\n".join(",".join(f"0x{byte:02x}" for byte in model[start:start + _COLUMNS])
                      for start in range(0, len(model), _COLUMNS))
    return {"model.h": header.encode(), "model.c": _SOURCE.format(rows=rows).encode()}
