from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import translation

from portal.pages import documents


class Command(BaseCommand):
    help = "Write the reference pages under docs/reference/ that are made from the code."
    requires_system_checks = ()

    def handle(self, *args: object, **options: object) -> None:
        with translation.override("en"):
            for name, page in documents.PAGES.items():
                (settings.BASE_DIR / "docs" / "reference" / name).write_text(page(), encoding="utf-8")
                self.stdout.write(name)
