from django.apps import AppConfig


class AdviceConfig(AppConfig):
    """Finished reviews that go from district to district as signed files, and count as advice."""

    name = "vendors.advice"
    label = "advice"
