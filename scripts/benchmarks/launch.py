"""launch.py [--cpus 0,1] [--no-amx] -- COMMAND...: starts a program pinned, and without AMX.

Stands alone: any Python runs it. Without AMX means that the kernel refuses the program's request
for the tiles (arch_prctl, ARCH_REQ_XCOMP_PERM), so that every library falls back to AVX-512: an
engine without AMX kernels is compared with others that have none. Linux on x86-64 only; elsewhere
the option does nothing.
"""

import ctypes
import os
import platform
import struct
import sys

ARCH_PRCTL, REQ_XCOMP_PERM, TILE_DATA = 158, 0x1023, 18
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, FILTER_MODE = 22, 38, 2
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06  # of classic BPF, 32 bits wide
REFUSE, ALLOW = 0x00050001, 0x7FFF0000  # SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_ALLOW
NUMBER, FIRST_ARGUMENT = 0, 16  # offsets in struct seccomp_data


class _Program(ctypes.Structure):
    _fields_ = (("count", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def deny_amx() -> None:
    """Makes the request for AMX tiles fail, in this process and what it executes."""
    if platform.machine() != "x86_64":
        return
    steps = [(LOAD, 0, 0, NUMBER), (EQUAL, 0, 3, ARCH_PRCTL), (LOAD, 0, 0, FIRST_ARGUMENT),
             (EQUAL, 0, 1, REQ_XCOMP_PERM), (RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = _Program(len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if (libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
            or libc.prctl(PR_SET_SECCOMP, FILTER_MODE, ctypes.byref(program))):
        raise OSError(ctypes.get_errno(), "seccomp")
    if libc.syscall(ARCH_PRCTL, REQ_XCOMP_PERM, TILE_DATA) != -1:
        raise OSError(0, "AMX is still allowed")


def main(words: list[str]) -> None:
    """Pins, denies, and becomes the command."""
    options, command = words[:words.index("--")], words[words.index("--") + 1:]
    if "--cpus" in options:
        os.sched_setaffinity(0, map(int, options[options.index("--cpus") + 1].split(",")))
    if "--no-amx" in options:
        deny_amx()
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
