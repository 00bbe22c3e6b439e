"""This machine as a board over SSH: an sshd of its own, on loopback, for the current user.

The demo and the tests deploy to it through the same OpenSSH that a real board runs. Its keys are
made for it, its port is free, its files stay in one folder; the system's sshd is not touched.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from edgec.deploy.boards import Board
from edgec.deploy.host_key import parse_pinned_key
from edgec.errors import ConnectError

_START_S = 10.0
SFTP = "Subsystem sftp internal-sftp"


def find_sshd() -> str:
    """The path of the sshd program, or "" when OpenSSH's server is not installed."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    return shutil.which("sshd", path=path) or ""


@contextmanager
def loopback_board(folder: Path, target: str, settings: Sequence[str] = (SFTP,),
                   environment: Mapping[str, str] | None = None) -> Iterator[Board]:
    """A board named `loopback` that lives in `folder` while the context is open.

    `settings` are further lines for its sshd, `environment` variables of the commands that it
    runs. ConnectError when sshd is missing or does not start.
    """
    sshd = find_sshd()
    if not sshd:
        raise ConnectError("no board on loopback: sshd is not installed. Install openssh-server, "
                           "or use a board with transport = \"local\".")
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    _make_key(folder / "host_key")
    _make_key(folder / "user_key")
    port = _free_port()
    user = pwd.getpwuid(os.getuid()).pw_name
    # Without SHLVL bash would run the user's own .bashrc, which a board does not have.
    variables = " ".join(f'"{key}={value}"' for key, value in
                         {"SHLVL": "1", **(environment or {})}.items())
    _write_config(folder, port, [f"SetEnv {variables}", *settings])
    with (folder / "sshd.log").open("wb") as log:
        server = subprocess.Popen([sshd, "-D", "-e", "-f", str(folder / "sshd_config")],
                                  stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _wait_for(server, port, folder / "sshd.log")
        yield Board(name="loopback", transport="ssh", target=target, root=str(folder / "edgec"),
                    source=str(folder / "boards.toml"), host="127.0.0.1", port=port, user=user,
                    key=folder / "user_key",
                    host_key=parse_pinned_key((folder / "host_key.pub").read_text()))
    finally:
        server.terminate()
        server.wait()


def _make_key(path: Path) -> None:
    if not path.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "edgec", "-f",
                        str(path)], check=True, stdin=subprocess.DEVNULL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _write_config(folder: Path, port: int, settings: Sequence[str]) -> None:
    if os.getuid() == 0:  # where sshd goes before it knows the user; made at boot by its service
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    lines = ("ListenAddress 127.0.0.1", f"Port {port}", f"HostKey {folder / 'host_key'}",
             f"AuthorizedKeysFile {folder / 'user_key.pub'}", "PidFile none", "StrictModes no",
             "UsePAM no", "PasswordAuthentication no", "KbdInteractiveAuthentication no",
             "PermitRootLogin prohibit-password", "AllowTcpForwarding no",
             "AllowAgentForwarding no", "PrintMotd no", *settings)
    (folder / "sshd_config").write_text("\n".join(lines) + "\n")


def _wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1.0).close()
            return
        except OSError:
            time.sleep(0.02)
    raise ConnectError(f"the sshd of the board on loopback did not start: "
                       f"{log.read_text(errors='replace')[-400:].strip()}")
