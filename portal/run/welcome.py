"""What `make run` says when the portal is up."""

from django.conf import settings

from portal.pages.personas import PERSONAS


def welcome(url: str, *, seconds: float, demo_password: str) -> str:
    """Where the portal is and, in a demo, who can sign in with which password."""
    if not settings.configured:
        settings.configure(USE_I18N=False)  # this process knows no other setting; the personas' words are wanted in English
    lines = ["", f"The portal is up after {seconds:.0f} s: {url}", ""]
    if demo_password:
        width = max(len(persona.email) for persona in PERSONAS)
        lines += [f"Demo personas, all with the password {demo_password}"]
        lines += [f"  {persona.email:<{width}}  {persona.who}" for persona in PERSONAS]
    else:
        lines += ["No demo data. Set the district up with: .venv/bin/python manage.py setup"]
    return "\n".join([*lines, "", "Ctrl-C stops everything; the data stays."])
