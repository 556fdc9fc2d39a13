from django.apps import AppConfig


class VendorsConfig(AppConfig):
    """Providers, tools, agreements, consents and the sharing gate."""

    name = "vendors"
