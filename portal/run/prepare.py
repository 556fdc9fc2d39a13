"""What a database needs before the portal can use it, each step skipped when it is done: logins, migrations, reference data, demo district.

`python -m portal.run.prepare STEP…` does the steps named in one process, with the addresses in the environment or the secrets folder.
"""

import contextlib
import os
import sys
import time
from collections.abc import Callable

STEPS = ("logins", "migrate", "reference", "demo", "static")


def main(names: list[str]) -> None:
    """Do the steps in the order of STEPS and say how long each took."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if unknown := set(names) - set(STEPS):
        sys.exit(f"Unknown step: {', '.join(sorted(unknown))}. There are: {', '.join(STEPS)}.")
    import django
    from django.core.management import call_command, get_commands

    django.setup()
    commands = get_commands()
    steps: dict[str, tuple[str, Callable[[], object]]] = {
        "logins": ("logins", lambda: call_command("logins", verbosity=0)),
        "migrate": ("migrate", lambda: call_command("migrate", interactive=False, verbosity=0)),
        "reference": ("load_reference", lambda: call_command("load_reference", verbosity=0)),
        "demo": ("demo", lambda: call_command("demo", verbosity=0)),
        "static": ("collectstatic", lambda: call_command("collectstatic", interactive=False, verbosity=0)),
    }
    for name in STEPS:
        command, run = steps[name]
        if name in names and command in commands:
            began = time.monotonic()
            with contextlib.redirect_stdout(sys.stderr):
                run()
            print(f"{name} {time.monotonic() - began:.1f}s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
