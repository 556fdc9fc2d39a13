"""Becomes another program, so that it can neither outlive its parent nor hold more rights than it needs.

Run by path with `python -I -S`, since it must start fast and needs nothing of the project:

    child.py [--account NAME] [--folder DIR] [--parent-death SIGNAL] [--alone]
             [--hidden PATH]… [--writable PATH]… -- PROGRAM ARGUMENT…

It enters DIR while it still may, signs down to NAME (when it is root), asks the kernel for SIGNAL at its parent's death (Linux),
with --alone ends what a killed predecessor left of itself, where anything is --hidden draws a fence around it (fence.py), and is then replaced
by PROGRAM.
"""

import argparse
import contextlib
import ctypes
import os
import pwd
import runpy
import signal
import sys

PR_SET_PDEATHSIG = 1
# Together they name one program of one run; every process of it carries them.
MARKS = ("PORTAL_RUN_FOLDER", "PORTAL_PROGRAM")


def end_predecessor() -> None:
    """Kill the processes that carry this one's marks: workers whose parent was killed would go on by themselves."""
    marks = [f"{name}={os.environ[name]}".encode() for name in MARKS]
    for number in os.listdir("/proc") if sys.platform == "linux" else ():
        if number.isdigit() and int(number) != os.getpid():
            with contextlib.suppress(OSError), open(f"/proc/{number}/environ", "rb") as file:
                environment = file.read().split(b"\0")
                if all(mark in environment for mark in marks):
                    os.kill(int(number), signal.SIGKILL)


def main() -> None:
    """Do what the arguments say; ends only when PROGRAM could not be started."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--account")
    parser.add_argument("--folder")
    parser.add_argument("--parent-death", choices=("INT", "TERM", "QUIT"))
    parser.add_argument("--alone", action="store_true")
    for name in ("hidden", "writable"):
        parser.add_argument(f"--{name}", action="append", default=[])
    parser.add_argument("program", nargs=argparse.REMAINDER)
    wanted = parser.parse_args()
    program = wanted.program[1:] if wanted.program[:1] == ["--"] else wanted.program
    parent = os.getppid()
    os.umask(0o077)
    if wanted.folder:
        os.chdir(wanted.folder)
    if wanted.alone:
        end_predecessor()
    if wanted.account and os.geteuid() == 0:
        account = pwd.getpwnam(wanted.account)
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        os.environ.update(HOME="/nonexistent", USER=wanted.account, LOGNAME=wanted.account)
    if wanted.parent_death and sys.platform == "linux":
        # After setuid, which clears the wish.
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, getattr(signal, f"SIG{wanted.parent_death}"), 0, 0, 0)
        if os.getppid() != parent:
            sys.exit("The process that started this one has ended.")
    if wanted.hidden:
        fence = runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), "fence.py"))
        fence["draw"](hidden=wanted.hidden, writable=wanted.writable)
    os.execvp(program[0], program)


if __name__ == "__main__":
    main()
