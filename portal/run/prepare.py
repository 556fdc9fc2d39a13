"""What a database needs before the portal can use it, each step skipped when it is done: logins, migrations, reference data, demo district.

`python -m portal.run.prepare STEP…` does the steps named in one process, with the addresses in the environment or the secrets folder.
"""

import contextlib
import os
import sys
import time
from collections.abc import Callable

STEPS = ("logins", "migrate", "reference", "demo", "passwords", "static")


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
        "passwords": ("demo", set_demo_passwords),
        "static": ("collectstatic", lambda: call_command("collectstatic", interactive=False, verbosity=0)),
    }
    for name in STEPS:
        command, run = steps[name]
        if name in names and command in commands:
            began = time.monotonic()
            with contextlib.redirect_stdout(sys.stderr):
                run()
            print(f"{name} {time.monotonic() - began:.1f}s", flush=True)


def set_demo_passwords() -> None:
    """Give every demo persona the password of PORTAL_DEMO_PASSWORD."""
    from django.contrib.auth import get_user_model

    from portal import env
    from portal.pages.personas import PERSONAS

    password = env.text("PORTAL_DEMO_PASSWORD")
    for user in get_user_model().objects.filter(email__in=[persona.email for persona in PERSONAS]):
        user.set_password(password)
        user.save(update_fields=["password"])


if __name__ == "__main__":
    main(sys.argv[1:])
