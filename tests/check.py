"""`make check`: every tool that can tell a fault without running a test. All of them run; all faults are told, not the first.

`python -m tests.check NAME…` runs only those named.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PACKAGES = ("portal", "governance", "vendors", "breaches")


@dataclass(frozen=True)
class Check:
    """One tool with its arguments. It has failed when it exits with another code than 0."""

    name: str
    command: tuple[str, ...]


def python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, *arguments)


def tool(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(BIN / name), *arguments)


CHECKS = (
    Check("lint", tool("ruff", "check", ".")),
    Check("format", tool("ruff", "format", "--check", ".")),
    Check("types", tool("mypy")),
    Check("imports", tool("lint-imports")),
    Check("templates", tool("djlint", "templates", "--lint", "--quiet")),
    Check("security", tool("bandit", "--quiet", "--severity-level", "medium", "--configfile", "pyproject.toml", "--recursive", *PACKAGES)),
    Check("django", python("manage.py", "check", "--fail-level", "WARNING")),
    Check("migrations", python("manage.py", "makemigrations", "--check", "--dry-run")),
    Check("translations", python("manage.py", "check_words")),
    Check("compose", python("-m", "tests.check_compose")),
    Check("pins", python("-m", "pip", "check")),
)


def run(check: Check) -> tuple[Check, int, str, float]:
    """The check, its exit code, what it said, and the seconds it took."""
    # No database and no secret of a portal that happens to run here.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PORTAL_") and name not in {"DATABASE_URL", "REDIS_URL"}
    }
    environment |= {
        "PORTAL_SECRET_KEY": "check-only",
        "PORTAL_SECRETS": "/nonexistent",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "NO_COLOR": "1",
    }
    began = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=TOP,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return check, done.returncode, done.stdout, time.monotonic() - began


def main(names: list[str]) -> int:
    """Run the checks of these names, or all. 0 when none has a fault."""
    if unknown := set(names) - {check.name for check in CHECKS}:
        print(f"There is no check {', '.join(sorted(unknown))}. There are: {', '.join(check.name for check in CHECKS)}.")
        return 2
    wanted = [check for check in CHECKS if not names or check.name in names]
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        results = list(pool.map(run, wanted))
    for check, code, said, _ in results:
        if code:
            command = " ".join(Path(part).name if part.startswith("/") else part for part in check.command)
            print(f"---- {check.name}: {command}\n{said.strip()}\n")
    for check, code, _, seconds in results:
        print(f"{'FAULT' if code else 'ok':<6}{check.name:<14}{seconds:5.1f} s")
    return 1 if any(code for _, code, _, _ in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
