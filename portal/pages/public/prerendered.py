"""Which public pages may stand on the shelf of `portal.base.shelf`, and how one knows that they changed."""

import hashlib

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from governance.coverage import queries as coverage
from governance.people.models import District

ROUTES = ("home", "rights", "rights-print", "limits")


def paths() -> dict[str, str]:
    """Path -> language code of each page in each language."""
    found = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            for route in ROUTES:
                found[reverse(f"public:{route}")] = code
    return found


def stamp() -> str:
    """A digest of the district's facts and of its other systems: whoever changes them, by a form, a command or SQL, changes it."""
    facts = sorted((District.objects.values().first() or {}).items())
    return hashlib.sha256(repr((facts, coverage.systems())).encode()).hexdigest()
