from django.apps import AppConfig


class AssessmentConfig(AppConfig):
    """What an incident means under each law, and the clocks that it starts."""

    name = "breaches.assessment"
    label = "assessment"

    def ready(self) -> None:
        from breaches.assessment import running  # registers the clocks and what keeps an incident open
