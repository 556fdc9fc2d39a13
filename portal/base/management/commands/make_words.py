from typing import Any

from django.core.management.base import BaseCommand

from portal.base import words


class Command(BaseCommand):
    """Bring the catalogs up to date with what the code and the templates say."""

    help = "Find every text in code and templates and bring the translation files up to date. Needs no gettext."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        messages = words.said()
        for po in words.catalogs():
            language = words.language_of(po)
            if language in words.LEFT_EMPTY:
                continue
            catalog = words.update(po, messages)
            catalog.save(str(po))
            words.compile_catalog(po)
            self.stdout.write(f"{language}: {len(catalog)} texts, {len(catalog.untranslated_entries())} without a translation")
