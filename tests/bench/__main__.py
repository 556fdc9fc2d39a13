"""`python -m tests.bench [NAME…] [--full]`: run the benches and print one JSON line for each measured value.

Each bench runs in a process of its own, on a fresh database. A missed bar is said in its line and ends with 0 all the same; a bench
that breaks is told on standard error and ends with 1.
"""

import argparse
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench import harness

NOT_BENCHES = {"__main__", "harness", "settings", "urls"}
TIME_LIMIT = 3600


def names() -> list[str]:
    """Every module beside this one that has a `run`, by its text: importing all would need Django before the servers are there."""
    here = Path(__file__).parent
    found = [module.name for module in pkgutil.iter_modules([str(here)]) if module.name not in NOT_BENCHES]
    return sorted(name for name in found if "\ndef run(" in (here / f"{name}.py").read_text(encoding="utf-8"))


def inside(name: str, *, full: bool, answer: Path) -> None:
    """The process of one bench: its lines go to `answer`."""
    import django

    django.setup()
    lines = importlib.import_module(f"tests.bench.{name}").run(full)
    answer.write_text(json.dumps(lines))


def main() -> int:
    """Run what the arguments name; the number of broken benches decides the exit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of: {', '.join(names())}")
    parser.add_argument("--full", action="store_true", help="at the sizes that the bars name; without it smaller ones, said in the line")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    parser.add_argument("--answer", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        inside(given.inside, full=given.full, answer=given.answer)
        return 0
    if unknown := set(given.names) - set(names()):
        parser.error(f"there is no bench {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    broken = []
    with harness.servers() as servers, tempfile.TemporaryDirectory() as folder:
        for name in given.names or names():
            database, answer = f"bench_{name}", Path(folder) / f"{name}.json"
            servers.make(database)
            command = [sys.executable, "-m", "tests.bench", "--inside", name, "--answer", str(answer), *(["--full"] if given.full else [])]
            try:
                subprocess.run(
                    command,
                    cwd=harness.TOP,
                    env=servers.environment(database),
                    stdin=subprocess.DEVNULL,
                    stdout=sys.stderr,
                    check=True,
                    timeout=TIME_LIMIT,
                )
                harness.write(json.loads(answer.read_text()), Path(os.environ.get("PORTAL_VAR") or harness.TOP / "var") / "bench.jsonl")
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
                broken.append(name)
                print(f"bench {name} did not finish: {error}", file=sys.stderr)
            servers.drop(database)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
