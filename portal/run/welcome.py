"""What `make run` says when the portal is up."""

import shlex
from pathlib import Path

from django.conf import settings

from portal.pages.personas import PERSONAS
from portal.run.fingerprint import TOP


def welcome(url: str, *, seconds: float, demo_password: str, var: Path) -> str:
    """Where the portal is and, in a demo, who can sign in with which password; else how a district is set up. `var` is its folder."""
    if not settings.configured:
        settings.configure(USE_I18N=False)  # this process knows no other setting; the personas' words are wanted in English
    lines = ["", f"The portal is up after {seconds:.0f} s: {url}", ""]
    if demo_password:
        width = max(len(persona.email) for persona in PERSONAS)
        lines += [f"Demo personas, all with the password {demo_password}"]
        lines += [f"  {persona.email:<{width}}  {persona.who}" for persona in PERSONAS]
    else:
        folder = "" if var == TOP / "var" else f"PORTAL_VAR={shlex.quote(str(var))} "
        lines += [f"No demo data. If the district is not set up yet, do so in another terminal: {folder}.venv/bin/python manage.py setup"]
    return "\n".join([*lines, "", "Ctrl-C stops everything; the data stays."])
