from typing import Any

from django.core.management.base import BaseCommand

from portal.base import words


class Command(BaseCommand):
    """Compile every translation."""

    help = "Compile the translations (.po to .mo). Needs no gettext."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for po in words.catalogs():
            words.compile_catalog(po)
            self.stdout.write(f"{words.language_of(po)}: compiled")
