from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.base import words


class Command(BaseCommand):
    """Part of `make check`: are the translations whole and sound?"""

    help = "Check the translations: nothing missing on pages for families and the public, placeholders, plural forms, nothing fuzzy."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        messages = words.said()
        told = [fault for po in words.catalogs() for fault in words.faults(po, messages)]
        for fault in told:
            self.stderr.write(fault)
        if told:
            raise CommandError(f"{len(told)} faults in the translations.")
        self.stdout.write(f"Translations: {len(messages)} texts, no faults.")
