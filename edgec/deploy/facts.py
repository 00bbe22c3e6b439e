"""What a board is and holds, read in one round trip: a shell script there, a pure parser here.

The script prints one `key value` line per fact, and needs only a POSIX shell and what busybox has.
What comes back is not trusted: lines are checked, sizes are bounded, noise of a login is skipped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from edgec.deploy.elf import Version, parse_version
from edgec.deploy.lock import Lock, parse_lock
from edgec.deploy.transport import Transport
from edgec.errors import DeployError

FACTS_TIMEOUT_S = 60
# A release's name: bundle id, then the id of its engine, if it has one.
RELEASE_NAME = r"[0-9a-f]{16}(-[0-9a-f]{8})?"

_TRIPLES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64",
            "armv7l": "armv7", "armv8l": "armv7"}

# The flags of /proc/cpuinfo that an instruction set of ours needs.
_ISA_FLAGS = {
    "x86_64": (("avx2", {"avx2", "fma"}), ("avxvnni", {"avx2", "fma", "avx_vnni"}),
               ("avx512vnni", {"avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl",
                               "avx512_vnni"})),
    "aarch64": (("neon", {"asimd"}), ("neondot", {"asimd", "asimddp"}),
                ("i8mm", {"asimd", "asimddp", "i8mm"})),
    "armv7": (("neon", {"neon", "vfpv4"}),),
}

# $1 root, $2 the release to check against the sha256 list on stdin (or "").
_SCRIPT = r"""
export LC_ALL=C
unset OMP_NUM_THREADS OMP_THREAD_LIMIT  # nproc would count those
root=$1 wished=$2
one() { printf '%s %s\n' "$1" "$(printf %s "$2" | tr '\n' ' ')"; }
echo 'edgec-facts 1'
one machine "$(uname -m)"
one kernel "$(uname -r)"
one host "$(uname -n)"
one user "$(id -un 2>/dev/null)"
one os "$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null)"
one cores "$(nproc 2>/dev/null || grep -c '^processor' /proc/cpuinfo)"
one memory_kb "$(sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' /proc/meminfo)"
one memory_available_kb "$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo)"
sed -n 's/^\(Features\|flags\)[[:space:]]*:/features/p' /proc/cpuinfo | sort -u
model=$(cat /proc/device-tree/model 2>/dev/null | tr -d '\000')
one model "${model:-$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | sed -n 1p)}"
for tool in cat chmod date df dirname grep ln mkdir mv readlink rm sed sha256sum sync timeout \
  touch; do
  command -v "$tool" >/dev/null 2>&1 && echo "tool $tool"
done
mv --help 2>&1 | grep -q -e '-[a-zA-Z]*T' && echo 'tool mv-T'
directory=$root
while [ ! -d "$directory" ]; do directory=$(dirname "$directory"); done
[ -w "$directory" ] && echo 'writable yes'
one disk "$(df -Pk "$directory" | tail -n 1)"
for release in "$root"/releases/*/; do
  [ -d "$release" ] || continue
  release=${release%/}
  echo "release ${release##*/} $(date -r "$release" +%s)"
done
one glibc "$(getconf GNU_LIBC_VERSION 2>/dev/null || ldd --version 2>&1 | sed -n 1p)"
for library in /usr/lib/*/libstdc++.so.6 /usr/lib*/libstdc++.so.6 /lib/*/libstdc++.so.6; do
  [ -e "$library" ] && echo "libstdcxx $(readlink -f "$library")"
done
one current "$(readlink "$root/current")"
one previous "$(readlink "$root/previous")"
process=$$
while [ "${process:-1}" -gt 1 ]; do
  process=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$process/status" 2>/dev/null)
  [ -n "$process" ] && echo "ancestor $process"
done
if [ -d "$root/lock" ]; then
  sed 's/^/lock /' "$root/lock/owner" 2>/dev/null
  echo "lock idle_s=$(( $(date +%s) - $(date -r "$root/lock" +%s) ))"
  session=$(sed -n 's/^session=//p' "$root/lock/owner" 2>/dev/null)
  boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)
  space=$(readlink /proc/self/ns/pid 2>/dev/null)
  alive=unknown
  set -- $session
  if [ $# -eq 4 ] && [ -n "$boot" ]; then
    boot_then=$1 space_then=$2 start_then=$4
    stat=$(cat "/proc/$3/stat" 2>/dev/null)
    set -- ${stat##*) }
    if [ "$boot" != "$boot_then" ]; then alive=no
    elif [ "${space:-pid}" = "$space_then" ]; then
      case "$1 ${20}" in Z*) alive=no ;; *" $start_then") alive=yes ;; *) alive=no ;; esac
    fi
  fi
  echo "lock alive=$alive"
fi
if [ -n "$wished" ] && [ -d "$root/releases/$wished" ]; then
  bad=$(cd "$root/releases/$wished" && sha256sum -c - 2>/dev/null | grep -v ': OK$')
  if [ -z "$bad" ]; then echo 'wished intact'; else one 'wished damaged' "$bad"; fi
fi
echo 'edgec-facts end'
"""


@dataclass(frozen=True)
class Release:
    """A release on the board. `made_s` is when its upload ended, by the board's clock."""

    name: str
    made_s: int


@dataclass(frozen=True)
class Facts:
    """One board at one moment; `memory_available_kb` is 0 where an old kernel does not tell it.

    `wished` says how the release asked about is: absent, intact or
    damaged; `damage` then names what is wrong. `ancestors` are the processes above the script.
    `libraries`: the newest version that is there, by GLIBC and GLIBCXX; none where there is none or
    the board does not tell.
    """

    machine: str
    triple: str
    isa: tuple[str, ...]
    host: str
    os: str
    model: str
    kernel: str
    user: str
    cores: int
    memory_kb: int
    memory_available_kb: int
    disk_free_kb: int
    writable: bool
    tools: frozenset[str]
    releases: tuple[Release, ...] = ()
    current: str = ""
    previous: str = ""
    lock: Lock | None = None
    ancestors: tuple[int, ...] = ()
    wished: str = "absent"
    damage: str = ""
    libraries: Mapping[str, Version] = field(default_factory=dict)


def read_facts(transport: Transport, root: str, wished: str = "",
               sums: Mapping[str, str] | None = None) -> Facts:
    """Reads the board below `root`; nothing is changed there.

    With `wished`, the name of a release, and `sums`, path to sha256, its files are checked too.
    """
    listing = "".join(f"{digest}  {path}\n" for path, digest in (sums or {}).items())
    done = transport.run(("sh", "-c", _SCRIPT, "edgec-facts", root, wished), FACTS_TIMEOUT_S,
                         listing.encode())
    if done.exit_code != 0:
        raise DeployError(f"{transport.where}: reading the board's facts failed with exit "
                          f"{done.exit_code}: {done.stderr.decode(errors='replace').strip()[-400:]}"
                          ". The board needs a POSIX shell and coreutils or busybox.")
    return parse_facts(done.stdout.decode(errors="replace"), transport.where)


def parse_facts(output: str, where: str) -> Facts:
    """The facts in what the script printed; DeployError when it is cut short or makes no sense."""
    lines = _lines_between_marks(output, where)
    one = {key: values[0] for key, values in lines.items()}
    machine = one.get("machine", "")
    triple = _TRIPLES.get(machine, "")
    wished = one.get("wished", "absent").split(" ", 1)
    return Facts(
        machine=machine, triple=triple, isa=_isa(triple, lines.get("features", [])),
        host=one.get("host", ""), os=one.get("os", "").strip("\"' "),
        model=one.get("model", "").strip(), kernel=one.get("kernel", ""), user=one.get("user", ""),
        cores=_number(one, "cores", where), memory_kb=_number(one, "memory_kb", where),
        memory_available_kb=_number(one, "memory_available_kb", where, missing=0),
        disk_free_kb=_disk_free(one.get("disk", ""), where),
        writable=one.get("writable") == "yes", tools=frozenset(lines.get("tool", [])),
        releases=_releases(lines.get("release", [])), current=_linked(one.get("current", "")),
        previous=_linked(one.get("previous", "")), lock=parse_lock(lines.get("lock", [])),
        ancestors=tuple(int(text) for text in lines.get("ancestor", [])
                        if re.fullmatch(r"[0-9]{1,10}", text)),
        wished=wished[0] if wished[0] in ("intact", "damaged") else "absent",
        damage=wished[1].strip() if len(wished) > 1 else "",
        libraries=_libraries(one.get("glibc", ""), lines.get("libstdcxx", [])))


def _lines_between_marks(output: str, where: str) -> dict[str, list[str]]:
    _noise, begin, rest = output.partition("edgec-facts 1\n")
    body, end, _noise = rest.partition("edgec-facts end\n")
    if not begin or not end:
        raise DeployError(f"{where}: the answer to the question for facts was cut short: "
                          f"{output[-200:]!r}. Try again; if it stays so, see whether "
                          "'sh -c true' works there over ssh.")
    lines: dict[str, list[str]] = {}
    for line in body.splitlines():
        key, _space, value = line.partition(" ")
        lines.setdefault(key, []).append(value.strip())
    return lines


def _isa(triple: str, features: list[str]) -> tuple[str, ...]:
    """What every core has: big and little ones may differ."""
    if not features:
        return ()
    common = set.intersection(*(set(line.split()) for line in features))
    return tuple(isa for isa, flags in _ISA_FLAGS.get(triple, ()) if flags <= common)


def _libraries(glibc: str, files: list[str]) -> dict[str, Version]:
    """By library. glibc says "glibc 2.36" or "ldd (...) 2.36"; libstdc++.so.6.0.30 has
    GLIBCXX_3.4.30.
    """
    found: dict[str, Version] = {}
    told = re.search(r"(?i)(?:glibc|ldd|gnu).* ([0-9]{1,3}\.[0-9]{1,3})$", glibc.strip())
    if told:
        found["GLIBC"] = parse_version(told[1])
    minors = [int(match[1]) for file in files
              if (match := re.search(r"libstdc\+\+\.so\.6\.0\.([0-9]{1,3})$", file))]
    if minors:
        found["GLIBCXX"] = (3, 4, max(minors))
    return found


def _number(one: Mapping[str, str], key: str, where: str, missing: int | None = None) -> int:
    text = one.get(key, "")
    if not text and missing is not None:
        return missing
    if not re.fullmatch(r"[0-9]{1,15}", text):
        raise DeployError(f"{where}: the board said {text!r} for {key}; a number was expected.")
    return int(text)


def _disk_free(line: str, where: str) -> int:
    """KiB available, from the last line of `df -Pk`: source, size, used, free, percent, mount."""
    found = re.search(r" \d+ +\d+ +(-?\d{1,15}) +(\d+%|-) ", line)
    if not found:
        raise DeployError(f"{where}: the board's df said {line!r}; the free space is not in it.")
    return max(0, int(found.group(1)))


def _releases(lines: list[str]) -> tuple[Release, ...]:
    """Oldest first; what does not look like a release is somebody else's and is left alone."""
    found = [re.fullmatch(rf"({RELEASE_NAME}) ([0-9]{{1,12}})", line) for line in lines]
    releases = [Release(match.group(1), int(match.group(3))) for match in found if match]
    return tuple(sorted(releases, key=lambda release: (release.made_s, release.name)))


def _linked(link: str) -> str:
    """The release that a link `releases/<name>` means, or "" """
    found = re.fullmatch(rf"releases/({RELEASE_NAME})/?", link)
    return found.group(1) if found else ""
