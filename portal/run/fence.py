"""Keeps a process, and whatever it starts, away from files that are not its business: Landlock, in Linux 5.13 and newer.

All processes of `make run` share one account, so a file's mode keeps none of them from the others' secrets. A fence is drawn by the process
itself before it becomes its program, needs no right, and cannot be taken down again, not even as root; what is outside of it can be neither
opened nor traced nor signaled. What it does not hold off: docs/how-to/install.md.
"""

import ctypes
import os
import stat
import struct
from collections.abc import Sequence
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # system calls, the same numbers on every machine
_ASK_LEVEL, _BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
_LOOK = _EXECUTE | _READ_FILE | _READ_DIR
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_KNOWN = {1: (1 << 13) - 1, 2: (1 << 14) - 1}  # by level of the kernel; from 3 on with _TRUNCATE
_NO_SIGNALS_OUT, _NO_ABSTRACT_SOCKETS_OUT = 1 << 1, 1 << 0
_SET_NO_NEW_PRIVILEGES, _DROP_CAPABILITY = 38, 24
# What is left of root: files of other accounts, changing the account, a low port. Neither devices nor memory nor mounts nor tracing.
_KEPT_CAPABILITIES = frozenset({0, 1, 2, 3, 4, 5, 6, 7, 10})
# Of /dev, whose block devices hold every file of the machine.
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "shm", "pts", "ptmx")

_libc = ctypes.CDLL(None, use_errno=True)


def level() -> int:
    """What this kernel can fence off: 0 nothing, else the version of Landlock."""
    try:
        return max(0, _libc.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_LEVEL)))
    except AttributeError:  # no such function outside of Linux
        return 0


def draw(*, hidden: Sequence[str], writable: Sequence[str]) -> bool:
    """From now on `hidden` folders and files cannot be opened, and nothing is written outside of `writable`, which may lie within what is hidden.

    All are absolute paths without links. False where this kernel cannot. Raises OSError where it can and did not.
    """
    known = level()
    if not known:
        return False
    handled = _KNOWN.get(known, (1 << 15) - 1)
    scoped = _NO_SIGNALS_OUT | _NO_ABSTRACT_SOCKETS_OUT
    attributes = struct.pack("=QQQ", handled, 0, scoped)[: 24 if known >= 6 else 16 if known >= 4 else 8]
    ruleset = _checked(_libc.syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0)))
    _allow(ruleset, "/", _READ_DIR)  # names are no secret, and Python lists the folders that it imports from
    closed = {*hidden, "/dev"}
    for path in _around("/", closed):
        _allow(ruleset, path, _LOOK)
    for path in (*writable, *(f"/dev/{name}" for name in _DEVICES)):
        if any(one == path or one.startswith(f"{path}/") for one in hidden):
            raise ValueError(f"{path} holds what is hidden")
        _allow(ruleset, path, handled)
    _give_up_capabilities()
    _checked(_libc.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    _checked(_libc.syscall(_RESTRICT, ctypes.c_int(ruleset), ctypes.c_uint32(0)))
    os.close(ruleset)
    return True


def _around(folder: str, closed: set[str]) -> list[str]:
    """Everything beneath `folder` that is not closed, in as few paths as say it: what a rule allows, it allows with all beneath."""
    found = []
    for entry in os.scandir(folder):
        if entry.path in closed or entry.is_symlink():
            continue
        if any(one.startswith(f"{entry.path}/") for one in closed):
            found += _around(entry.path, closed)
        else:
            found.append(entry.path)
    return found


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:  # went meanwhile, or is not there on this machine: then nothing is allowed
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            access &= _OF_A_FILE
        rule = struct.pack("=Qi", access, descriptor)
        _checked(_libc.syscall(_ADD, ctypes.c_int(ruleset), ctypes.c_int(_BENEATH), rule, ctypes.c_uint32(0)))
    finally:
        os.close(descriptor)


def _give_up_capabilities() -> None:
    """For a process of root: what it would need to go around the fence. Others have none."""
    if os.geteuid() != 0:
        return
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    for number in range(last + 1):
        if number not in _KEPT_CAPABILITIES:
            _libc.prctl(_DROP_CAPABILITY, number, 0, 0, 0)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
