from django.apps import AppConfig


class BreachesConfig(AppConfig):
    """Misuse reports, incidents, notices and remedies."""

    name = "breaches"
