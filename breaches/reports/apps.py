from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Reports of privacy problems, from anybody, and what becomes of them."""

    name = "breaches.reports"
    label = "reports"

    def ready(self) -> None:
        from breaches.reports import companies, notices, watched  # handlers of mail, companies' notices and alerts register themselves
