"""Metadata made shorter: what repeats is said once. spec.md, Compressed metadata.

The bytes are those of LZ4's block format, which is made for fast and simple reading.
"""

from __future__ import annotations

from collections import defaultdict

from edgec.errors import FormatError

LEAST_MATCH = 4
LONGEST_DISTANCE = 65535
MOST_CANDIDATES = 64  # places that are tried for one match: bounds the time
MOST_EXPANSION = 255  # one byte of the file stands for at most as many


def compress(data: bytes) -> bytes:
    """Shorter bytes for bytes with repeats; the same bytes give the same."""
    out, places, at, literals = bytearray(), defaultdict[bytes, list[int]](list), 0, 0
    while at < len(data):
        start, length = _longest(data, at, places[data[at:at + LEAST_MATCH]])
        if length:
            out += _sequence(data[literals:at], at - start, length)
        for place in range(at, at + max(1, length)):
            places[data[place:place + LEAST_MATCH]].append(place)
        at += max(1, length)
        if length:
            literals = at
    return bytes(out + _sequence(data[literals:], 0, 0))


def decompress(data: bytes, size: int) -> bytes:
    """The `size` bytes that were compressed; FormatError when these are not such bytes."""
    out, at = bytearray(), 0
    while at < len(data):
        token = data[at]
        count, at = _length(data, at + 1, token >> 4)
        _require(count <= len(data) - at and count <= size - len(out))
        out += data[at:at + count]
        at += count
        if at == len(data):
            break
        _require(len(data) - at >= 2)
        distance = int.from_bytes(data[at:at + 2], "little")
        count, at = _length(data, at + 2, token & 15)
        count += LEAST_MATCH
        _require(1 <= distance <= len(out) and count <= size - len(out) and at < len(data))
        repeated = bytes(out[-distance:])
        out += (repeated * (count // distance + 1))[:count]
    _require(len(out) == size)
    return bytes(out)


def _longest(data: bytes, at: int, candidates: list[int]) -> tuple[int, int]:
    """Start and length of the longest match with `at` among earlier places; length 0: none."""
    best, most = (0, 0), len(data) - at
    if most < LEAST_MATCH:
        return best
    for start in candidates[-MOST_CANDIDATES:]:
        length = LEAST_MATCH
        while length < most and data[start + length] == data[at + length]:
            length += 1
        if length >= best[1] and at - start <= LONGEST_DISTANCE:
            best = start, length
    return best


def _sequence(literals: bytes, distance: int, length: int) -> bytes:
    """Literals, then a match; distance 0: the last sequence, which has none."""
    beyond = length - LEAST_MATCH if distance else 0
    token = min(15, len(literals)) << 4 | min(15, beyond)
    out = bytes([token]) + _more(len(literals)) + literals
    return out + distance.to_bytes(2, "little") + _more(beyond) if distance else out


def _more(length: int) -> bytes:
    """What the four bits of the token cannot say."""
    rest = length - 15
    return b"" if rest < 0 else b"\xff" * (rest // 255) + bytes([rest % 255])


def _length(data: bytes, at: int, bits: int) -> tuple[int, int]:
    """A length that begins with four bits of the token, and where the data goes on."""
    length, more = bits, bits == 15
    while more:
        _require(at < len(data))
        length += data[at]
        more = data[at] == 255
        at += 1
    return length, at


def _require(holds: bool) -> None:
    if not holds:
        raise FormatError("malformed .edgec file, at byte 64: the compressed metadata is damaged; "
                          "make the file again.")
