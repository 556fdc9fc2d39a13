from django.apps import AppConfig


class CoverageConfig(AppConfig):
    """What other systems record about who opened a child's data, and what of it arrives here."""

    name = "governance.coverage"
    label = "coverage"
