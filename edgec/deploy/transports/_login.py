"""Opens an SSH connection: TCP, handshake, the host key checked, then public key authentication.

Nothing is ever trusted on first use: a host key that is neither pinned in the boards file nor in
known_hosts is refused, and the message says how to pin it.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from edgec.deploy.boards import Board
from edgec.deploy.host_key import PinnedKey, fingerprint
from edgec.errors import ConnectError, MissingExtra

if TYPE_CHECKING:
    import paramiko

_KEEPALIVE_S = 15
_DEFAULT_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")


def login(board: Board, where: str) -> paramiko.Transport:
    """An authenticated connection to `board`; ConnectError says why there is none."""
    try:
        import paramiko
    except ImportError:
        raise MissingExtra("paramiko", "ssh", "a board over SSH") from None
    # paramiko logs what we raise; without a handler Python would print it to stderr.
    log = logging.getLogger("paramiko")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    link = paramiko.Transport(_connect(board, where))
    try:
        _handshake(link, board, where)
        _authenticate(link, board, where)
    except BaseException:
        link.close()
        raise
    link.set_keepalive(_KEEPALIVE_S)
    return link


def _connect(board: Board, where: str) -> socket.socket:
    try:
        return socket.create_connection((board.host, board.port), board.connect_timeout_s)
    except TimeoutError:
        reason = f"no answer within {board.connect_timeout_s} s"
    except OSError as error:
        reason = error.strerror or str(error)
    raise ConnectError(f"{where}: cannot connect: {reason}. Is the board on, is sshd running, and "
                       f"are 'host' and 'port' in {board.source} right?")


def _handshake(link: paramiko.Transport, board: Board, where: str) -> None:
    import paramiko

    timeout_s = board.connect_timeout_s
    link.banner_timeout = link.handshake_timeout = link.auth_timeout = timeout_s
    link.channel_timeout = timeout_s
    expected = _expected_keys(board, where)
    options = link.get_security_options()
    first = [name for kind in expected for name in _signatures(kind.kind)]
    options.key_types = [*first, *(name for name in options.key_types if name not in first)]
    try:
        link.start_client(timeout=timeout_s)
        key = link.get_remote_server_key()  # start_client returns silently when time is over
    except (paramiko.SSHException, EOFError, OSError) as error:
        reason = str(error) or "the connection was closed"
        raise ConnectError(f"{where}: no SSH handshake within {timeout_s} s: {reason}. Is it an "
                           f"SSH server that listens there?") from None
    _check_host_key(key, expected, board, where)


def _signatures(kind: str) -> tuple[str, ...]:
    """The signature algorithms by which a key of this type proves itself, best first."""
    if kind == "ssh-rsa":
        return ("rsa-sha2-512", "rsa-sha2-256")
    return (kind,) if kind else ()


def _expected_keys(board: Board, where: str) -> tuple[PinnedKey, ...]:
    if board.host_key is not None:
        return (board.host_key,)
    import paramiko
    from paramiko.hostkeys import InvalidHostKey

    known_hosts = board.known_hosts.expanduser()
    name = board.host if board.port == 22 else f"[{board.host}]:{board.port}"
    try:
        entries = paramiko.HostKeys(str(known_hosts)).lookup(name)
    except FileNotFoundError:
        return ()
    except (OSError, InvalidHostKey, UnicodeDecodeError) as error:
        raise ConnectError(f"{where}: {known_hosts} cannot be read: {error}.") from None
    return tuple(PinnedKey(kind, fingerprint(key.asbytes()))
                 for kind, key in (entries or {}).items())


def _check_host_key(key: paramiko.PKey, expected: tuple[PinnedKey, ...], board: Board,
                    where: str) -> None:
    presented = f"{key.get_name()} {fingerprint(key.asbytes())}"
    if _is_revoked(key, board.known_hosts.expanduser()):
        raise ConnectError(f"{where}: the board's host key {presented} is marked @revoked in "
                           f"{board.known_hosts}. Give the board a new host key.")
    if any(pin.fingerprint == fingerprint(key.asbytes()) for pin in expected):
        return
    line = f'host_key = "{key.get_name()} {key.get_base64()}"'
    compare = ("Compare it with the board's own, on its console: "
               "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub (or the type above).")
    place = f"[board.{board.name}] of {board.source}"
    if not expected:
        raise ConnectError(
            f"{where}: the host key is unknown, so the connection was refused. The board presented "
            f"{presented}; {board.source} has no host_key for it and {board.known_hosts} no entry. "
            f"{compare} If they agree, add to {place}:\n  {line}")
    wanted = " or ".join(f"{pin.kind} {pin.fingerprint}".strip() for pin in expected)
    origin = board.source if board.host_key is not None else str(board.known_hosts)
    raise ConnectError(
        f"{where}: the host key has CHANGED, so the connection was refused. The board presented "
        f"{presented}; expected {wanted} (from {origin}). Either the board was installed anew, or "
        f"somebody sits in between. {compare} Only if they agree, set in {place}:\n  {line}")


def _is_revoked(key: paramiko.PKey, known_hosts: Path) -> bool:
    """True when a `@revoked` line holds this key, for whatever host: paramiko skips such lines."""
    try:
        lines = known_hosts.read_text(errors="replace").splitlines()
    except OSError:
        return False
    return any(line.startswith("@revoked") and key.get_base64() in line.split() for line in lines)


def _authenticate(link: paramiko.Transport, board: Board, where: str) -> None:
    import paramiko

    tried = []
    for label, key in _user_keys(board, where):
        tried.append(label)
        try:
            link.auth_publickey(board.user, key)
        except paramiko.AuthenticationException:
            if link.is_active():
                continue
            break
        except (paramiko.SSHException, EOFError, OSError) as error:
            raise ConnectError(f"{where}: the connection was lost while logging in: "
                               f"{error}.") from None
        if link.is_authenticated():
            return
    if not tried:
        raise ConnectError(f"{where}: no key to log in with: {board.source} names none, the SSH "
                           f"agent has none and ~/.ssh has no {', '.join(_DEFAULT_KEYS)}. Make "
                           f"one with ssh-keygen -t ed25519 and set 'key'.")
    raise ConnectError(f"{where}: user {board.user!r} was refused with {', '.join(tried)}. Put the "
                       f"public key on the board: ssh-copy-id -p {board.port} -i KEY.pub "
                       f"{board.user}@{board.host}")


def _user_keys(board: Board, where: str) -> Iterator[tuple[str, paramiko.PKey]]:
    """The keys to try: the one that is named, or else the agent's and the default files."""
    import paramiko

    if board.key is not None:
        yield f"key {board.key}", _read_key(board.key, where)
        return
    agent = paramiko.Agent()
    try:
        for key in agent.get_keys():
            yield f"agent key {key.fingerprint}", key
    finally:
        agent.close()
    for path in (Path("~/.ssh").expanduser() / name for name in _DEFAULT_KEYS):
        if path.is_file():
            yield f"key {path}", _read_key(path, where)


def _read_key(path: Path, where: str) -> paramiko.PKey:
    import paramiko
    from paramiko.pkey import UnknownKeyType

    try:
        return paramiko.PKey.from_path(path)
    except OSError as error:
        reason = f"{error.strerror}. Correct 'key' in the boards file"
    except (paramiko.PasswordRequiredException, TypeError):
        reason = ("it is encrypted. Unlock it in an SSH agent (ssh-add) and leave 'key' out of "
                  "the boards file")
    except (paramiko.SSHException, UnknownKeyType, ValueError):
        reason = "it is not an ed25519, ECDSA or RSA private key"
    raise ConnectError(f"{where}: key {path} cannot be used: {reason}.")
