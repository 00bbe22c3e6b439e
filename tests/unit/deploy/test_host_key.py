"""Pinned host keys: what is read, and what is not taken for one."""

from __future__ import annotations

import base64

import pytest

from edgec.deploy.host_key import PinnedKey, fingerprint, parse_pinned_key

BLOB = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(32)
LINE = "ssh-ed25519 " + base64.b64encode(BLOB).decode()


@pytest.mark.parametrize("line", [LINE, LINE + " root@board", LINE + " two words"])
def test_public_key_line_is_read_with_or_without_a_comment(line: str) -> None:
    assert parse_pinned_key(line) == PinnedKey("ssh-ed25519", fingerprint(BLOB))


def test_fingerprint_is_read() -> None:
    assert parse_pinned_key(fingerprint(BLOB)) == PinnedKey("", fingerprint(BLOB))


@pytest.mark.parametrize("text", [
    "", "ssh-ed25519", "ssh-ed25519 !!!", "ssh-ed25519 QUJD", "ssh-dss " + LINE.split()[1],
    "ssh-rsa " + LINE.split()[1], "SHA256:short", "MD5:00:11", fingerprint(BLOB) + "="])
def test_what_is_no_key_is_refused(text: str) -> None:
    assert parse_pinned_key(text) is None
