"""The key by which a board proves who it is, pinned as a public key line or as a fingerprint."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

KEY_TYPES = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
             "ssh-rsa")


@dataclass(frozen=True)
class PinnedKey:
    """SHA-256 fingerprint of a public key (`SHA256:...`, as ssh-keygen prints it), and its type.

    `kind` is "" when only the fingerprint was given.
    """

    kind: str
    fingerprint: str


def fingerprint(blob: bytes) -> str:
    """`SHA256:` and the unpadded base64 of the digest of a public key in SSH's wire form."""
    digest = hashlib.sha256(blob).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def parse_pinned_key(text: str) -> PinnedKey | None:
    """Reads `ssh-ed25519 AAAA... [comment]` or `SHA256:...`; None when it is neither."""
    if re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}", text):
        return PinnedKey("", text)
    words = text.split(maxsplit=2)
    if len(words) < 2 or words[0] not in KEY_TYPES:
        return None
    try:
        blob = base64.b64decode(words[1], validate=True)
    except binascii.Error:
        return None
    # The wire form starts with the length and the name of the type (RFC 4253, section 6.6).
    kind = words[0].encode()
    if not blob.startswith(len(kind).to_bytes(4, "big") + kind):
        return None
    return PinnedKey(words[0], fingerprint(blob))
