"""The lock on a board: one deployer at a time, and a way on when one has died.

The lock is the directory `<root>/lock` with a file `owner`. It is made beside its place and renamed
there, which fails when a lock is there and never shows one without an owner. Who has it empties
incoming/ first: what is in there was left by the dead. The owner says who
deploys from where, and which process on the board carries the connection (`session`: boot id, pid
namespace, pid, start time). When that process is gone, so is the deployer, and the next one takes
over.
"""

from __future__ import annotations

import getpass
import os
import re
import secrets
import socket
from dataclasses import dataclass
from datetime import UTC, datetime

# A lock that nobody has touched for so long looks forgotten; each step touches it.
STALE_AFTER_S = 15 * 60

# Exit codes of the scripts below: somebody else has the lock; ours was taken over.
EXIT_LOCK_TAKEN, EXIT_LOCK_LOST = 73, 75

_KEYS = ("token", "host", "user", "pid", "since", "session", "idle_s", "alive")


@dataclass(frozen=True)
class Lock:
    """A lock as found on a board. `alive` is yes, no or unknown: is its connection still there?"""

    token: str
    host: str
    user: str
    pid: str
    since: str
    idle_s: int
    alive: str

    @property
    def is_dead(self) -> bool:
        """True when the connection that took the lock is certainly gone."""
        return self.alive == "no"

    def describe(self) -> str:
        """Who holds it, since when, and whether it looks forgotten."""
        holder = (f"{self.user}@{self.host} (process {self.pid}) since {self.since}"
                  if self.token else "somebody who left no name")
        if self.is_dead:
            return f"{holder}, whose connection is gone"
        idle = f"last active {self.idle_s} s ago"
        return f"{holder}, {idle}" + (", which looks stale" if self.idle_s > STALE_AFTER_S else "")


@dataclass(frozen=True)
class Claim:
    """What one deployment writes into the lock: its token, also the name of its directory in
    incoming/, and the `owner` file, but for the session, which only the board knows.
    """

    token: str
    owner: str


def new_claim() -> Claim:
    """A claim of this process, now."""
    token = secrets.token_hex(8)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    fields = {"token": token, "host": socket.gethostname(), "user": _user(), "pid": os.getpid(),
              "since": now}
    return Claim(token, "".join(f"{key}={value}\n" for key, value in fields.items()))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return str(os.getuid())


def parse_lock(lines: list[str]) -> Lock | None:
    """The lock in `key=value` lines, None when there is none. Texts are cut and cleaned."""
    if not lines:
        return None
    pairs = dict(line.split("=", 1) for line in lines if "=" in line)
    clean = {key: re.sub(r"[^\w.:@+-]", "?", pairs.get(key, ""))[:80] for key in _KEYS}
    idle = clean["idle_s"]
    token = clean["token"] if re.fullmatch(r"[0-9a-f]{16}", clean["token"]) else ""
    return Lock(token=token, host=clean["host"], user=clean["user"], pid=clean["pid"],
                since=clean["since"], idle_s=int(idle) if re.fullmatch(r"\d{1,12}", idle) else 0,
                alive=clean["alive"] if clean["alive"] in ("yes", "no") else "unknown")


# $1 root, $2 token, $3 owner text, $4 processes above this shell at the first look, $5 the token of
# the lock to take over, "none" for one without a token, or "" to take over nothing.
# Exit 73: somebody else has it; stderr has the owner.
LOCK_SCRIPT = r"""
set -eu
export LC_ALL=C
umask 022
mkdir -p "$1/releases" "$1/incoming"
cd "$1"
mine=incoming/lock.$2
give_up() {
  status=$?
  rm -rf "$mine"
  [ ! -d lock ] || { cat lock/owner >&2 || true; exit 73; }
  exit "$status"
}
trap give_up EXIT
mkdir "$mine"
session=
process=$PPID
while [ "${process:-1}" -gt 1 ]; do
  case " $4 " in *" $process "*)
    stat=$(cat "/proc/$process/stat" 2>/dev/null || true)
    boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null || true)
    space=$(readlink /proc/self/ns/pid 2>/dev/null || true)
    set -- "$1" "$2" "$3" "$4" "$5" ${stat##*) }
    [ $# -ge 25 ] && [ -n "$boot" ] && session="$boot ${space:-pid} $process ${25}"
    break ;;
  esac
  process=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$process/status" 2>/dev/null || true)
done
printf '%ssession=%s\n' "$3" "$session" > "$mine/owner"
if [ -n "$5" ] && [ -d lock ]; then
  found=$(sed -n 's/^token=//p' lock/owner 2>/dev/null || true)
  [ "${found:-none}" = "$5" ] && mv lock "incoming/broken.$2"
fi
mv -T "$mine" lock
trap - EXIT
# Losers of the race may be making and removing their own directories in it right now.
rm -rf incoming/* 2>/dev/null || true
"""

# $1 root, $2 token. Ends the lock in one rename, if it is ours.
UNLOCK_SCRIPT = r"""
cd "$1" 2>/dev/null || exit 0
[ "$(sed -n 's/^token=//p' lock/owner 2>/dev/null)" = "$2" ] || exit 0
mv lock "incoming/unlocked.$2" && rm -rf "incoming/unlocked.$2"
"""

# Goes before every step's own lines: $1 root, $2 token. Stops a deployer whose lock was broken.
# LC_ALL: what programs say (OK, No space left) is read here, and boards speak all languages.
GUARD = r"""
set -eu
export LC_ALL=C
umask 022
cd "$1"
[ "$(sed -n 's/^token=//p' lock/owner 2>/dev/null)" = "$2" ] || {
  echo 'the lock was taken over by somebody else' >&2; exit 75; }
touch lock
"""
