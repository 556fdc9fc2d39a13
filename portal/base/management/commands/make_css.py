from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from portal.base.stylesheet import compose


class Command(BaseCommand):
    """The result is committed, so that neither a run nor an installation has to make it; a test holds it fresh."""

    requires_system_checks: list[str] = []

    help = "Make static/css/portal.css from Bootstrap and the files of static/css"

    def handle(self, *args: Any, **options: Any) -> None:
        css = compose(settings.BASE_DIR / "static")
        (settings.BASE_DIR / "static" / "css" / "portal.css").write_text(css)
        self.stdout.write(f"static/css/portal.css: {len(css):,} characters")
