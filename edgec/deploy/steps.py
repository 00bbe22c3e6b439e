"""The steps of a deployment, as data: each says in a line what it does, and what to run for it.

Nothing runs here. Scripts are POSIX shell with what busybox has, and take everything variable as
arguments ($1 root, $2 token of this deployment, then their own), so nothing needs quoting.

On the board, below `root`:

    releases/<name>/     a bundle and bin/; complete and on the disk, or not there
    current, previous -> releases/<name>
    incoming/            what is not finished; the next deployment empties it
    lock/owner           who deploys now
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgec.deploy.lock import GUARD, LOCK_SCRIPT, UNLOCK_SCRIPT

SHORT_S = 60.0
SELF_TEST_S = 120
# Slower than this is taken for a dead connection.
_SLOWEST_BYTES_PER_S = 20_000


@dataclass(frozen=True)
class WishedFile:
    """A file that the release shall have: where in it, its content, where it is here.

    `local` is None for a file that is only on the board.
    """

    path: str
    sha256: str
    bytes: int
    local: Path | None = None
    executable: bool = False


@dataclass(frozen=True)
class Script:
    """Shell lines to run on the board, after the guard that checks the lock.

    `shown` is the heart of them, for a message: what a person would type in the root.
    """

    shown: str
    body: str
    arguments: tuple[str, ...] = ()
    timeout_s: float = SHORT_S
    stdin: bytes = b""
    guarded: bool = True

    def command(self, root: str, token: str) -> tuple[str, ...]:
        """The words to run."""
        text = (GUARD if self.guarded else "") + self.body
        return ("sh", "-c", text, "edgec-deploy", root, token, *self.arguments)


@dataclass(frozen=True)
class Upload:
    """A file to copy to `incoming/<token>/<path>`."""

    file: WishedFile

    @property
    def timeout_s(self) -> float:
        """Bounded by the slowest connection that is worth waiting for."""
        return SHORT_S + self.file.bytes / _SLOWEST_BYTES_PER_S

    @property
    def shown(self) -> str:
        """What a message shows of it."""
        return f"copy {self.file.local} to incoming/"


@dataclass(frozen=True)
class Step:
    """One step: `text` as `--dry-run` prints it, `action` None when it only tells something.

    `hint` is what to do when it fails; `hints` are better ones for some exit codes.
    """

    kind: str
    text: str
    action: Script | Upload | None = None
    hint: str = ""
    hints: tuple[tuple[int, str], ...] = ()

    def describe(self) -> str:
        """The step in one line."""
        return f"{self.kind}: {self.text}"

    def advice(self, exit_code: int) -> str:
        """What to do after `exit_code`."""
        return dict(self.hints).get(exit_code, self.hint)


def check_space(needed_kb: int, free_kb: int) -> Step:
    """Tells that there is room: the plan itself refuses when there is not."""
    return Step("space", f"{needed_kb} KB needed, {free_kb} KB free")


def take_lock(owner: str, ancestors: Sequence[int], takes_over: str = "",
              holder: str = "") -> Step:
    """Takes the lock; `takes_over` is the token of the dead holder whose lock may be broken."""
    what = f"take over the lock of {holder}" if takes_over else "take the lock"
    return Step("lock", f"{what}, empty incoming/",
                Script("mv -T incoming/lock.new lock", LOCK_SCRIPT, (owner,
                       " ".join(map(str, ancestors)), takes_over), guarded=False),
                "See that the user may write in the board's root, and that the disk is not full.")


def make_incoming(directories: Sequence[str]) -> Step:
    """Makes the directories to upload into."""
    return Step("prepare", "make a directory in incoming/",
                Script("mkdir incoming/new",
                       'mkdir "incoming/$2"\ncd "incoming/$2"\nshift 2\n'
                       'for directory; do mkdir -p "$directory"; done\n', tuple(directories)),
                "See that the user owns what is in incoming/, and that the disk is not full.")


def upload(file: WishedFile) -> Step:
    """Copies one file to its place in incoming/."""
    return Step("upload", f"{file.path}, {file.bytes} bytes", Upload(file),
                "Deploy again; if it stays so, see whether the disk and the network are well.")


def verify(files: Sequence[WishedFile], release: str = "") -> Step:
    """Compares the sha256 of every file, of the upload or (with `release`) of what is there."""
    listing = "".join(f"{file.sha256}  {file.path}\n" for file in files)
    where = f"releases/{release}" if release else "the upload"
    script = Script(f"cd {f'releases/{release}' if release else 'incoming/new'} && sha256sum -c",
                    'cd "${3:-incoming/$2}"\n'
                    "bad=$(sha256sum -c - 2>&1 | grep -v ': OK$' || true)\n"
                    '[ -z "$bad" ] || { echo "$bad" >&2; exit 1; }\n',
                    (f"releases/{release}" if release else "",),
                    SHORT_S + sum(file.bytes for file in files) / 1e6, listing.encode())
    return Step("verify", f"sha256 of {len(files)} files of {where}", script,
                "What is on the board is not what was sent: deploy again; if it stays so, suspect "
                "the disk (an SD card wears out) or the network.")


def make_durable(files: Sequence[WishedFile], directories: Sequence[str]) -> Step:
    """Sets modes, and writes files and directories to the disk so that a power cut keeps them."""
    chmod = "chmod 755 bin/*\n" if any(file.executable for file in files) else ""
    paths = (*(file.path for file in files), *directories, ".")
    return Step("sync", f"write {len(files)} files to the disk",
                Script("cd incoming/new && sync FILES",
                       f'cd "incoming/$2"\nshift 2\n{chmod}sync "$@" 2>/dev/null || sync\n',
                       paths, 5 * SHORT_S),
                "The disk did not take the files: see the board's kernel log (dmesg).")


def install(release: str, replaces_damaged: bool = False) -> Step:
    """Renames the upload to its place; a damaged release of that name goes away first."""
    text = (f"replace the damaged releases/{release}" if replaces_damaged
            else f"rename the upload to releases/{release}")
    return Step("install", text,
                Script(f"mv -T incoming/new releases/{release}",
                       'if [ -n "$4" ] && [ -d "releases/$3" ]; then\n'
                       '  mv "releases/$3" "incoming/damaged.$2"\nfi\n'
                       'mv -T "incoming/$2" "releases/$3"\n'
                       "sync releases incoming 2>/dev/null || sync\n"
                       'rm -rf "incoming/damaged.$2"\n',
                       (release, "replace" if replaces_damaged else "")),
                "See that the user owns releases/ and what is in it.")


def self_test(release: str, command: Sequence[str], has_timeout: bool = True) -> Step:
    """Runs the model on the golden input, on the board, and compares with the golden output."""
    limit = ("timeout", str(SELF_TEST_S)) if has_timeout else ()
    # `|| exit` keeps the shell there, which turns a signal into an exit code.
    script = Script(f"cd releases/{release} && {' '.join(command)}",
                    'cd "releases/$3"\nshift 3\n"$@" || exit $?\n',
                    (release, *limit, *command), SELF_TEST_S + SHORT_S)
    return Step("self-test", " ".join(command), script,
                "The model or the engine does not work on this board.",
                hints=((2, "The board computes something else than the reference: do not use this "
                           "release there, and report it."),
                       (124, "Is the board busy with something else?"),
                       (126, "The program cannot be started there: wrong architecture, or a file "
                             "system mounted noexec. Choose another 'root' for the board."),
                       (132, "Illegal instruction: the bundle's target has a newer CPU than the "
                             "board. Lower for the board's own target.")))


def skip_self_test(reason: str) -> Step:
    """Tells that there is no self-test, and why."""
    return Step("self-test", f"none on the board: {reason}")


def switch(release: str) -> Step:
    """Makes the release the current one, in one rename; what was current becomes previous."""
    return Step("switch", f"current becomes releases/{release}",
                Script(f"ln -s releases/{release} new && mv -T new current",
                       'new=releases/$3\n[ -d "$new" ]\n'
                       "old=$(readlink current 2>/dev/null || true)\n"
                       '[ "$old" != "$new" ] || exit 0\n'
                       'if [ -n "$old" ]; then\n'
                       '  ln -s "$old" "incoming/previous.$2"\n'
                       '  mv -T "incoming/previous.$2" previous\nfi\n'
                       'ln -s "$new" "incoming/current.$2"\n'
                       'mv -T "incoming/current.$2" current\n'
                       "sync . 2>/dev/null || sync\n", (release,)),
                "See that the user owns 'current' and 'previous', and that the disk is not full.")


def prune(releases: Sequence[str]) -> Step:
    """Removes old releases; one that is current or previous stays, whatever the plan says."""
    return Step("prune", "remove " + ", ".join(releases),
                Script(f"cd releases && rm -rf {' '.join(releases)}",
                       'links=":$(readlink current || true):$(readlink previous || true):"\n'
                       "shift 2\nfor name; do\n"
                       '  case $links in *":releases/$name:"*) continue ;; esac\n'
                       '  [ -d "releases/$name" ] || continue\n'
                       '  mv "releases/$name" "incoming/old.$name"\n'
                       '  rm -rf "incoming/old.$name"\ndone\n', tuple(releases), 5 * SHORT_S),
                "The new release serves; remove the old ones by hand.")


def discard(release: str = "") -> Step:
    """After a failure: removes the upload and, unless it is current, the release it became."""
    return Step("discard", "remove what was uploaded",
                Script("rm -rf incoming/*",
                       'if [ -n "$3" ] && [ -d "releases/$3" ] &&\n'
                       '   [ "$(readlink current || true)" != "releases/$3" ]; then\n'
                       '  mv "releases/$3" "incoming/failed.$2"\nfi\n'
                       "rm -rf incoming/*\n", (release,)),
                "The next deployment removes it.")


def unlock() -> Step:
    """Gives the lock back, if it is still ours."""
    return Step("unlock", "give the lock back", Script("rm -rf lock", UNLOCK_SCRIPT, guarded=False),
                hint="Remove the directory 'lock' below the board's root.")
