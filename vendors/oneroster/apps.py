from django.apps import AppConfig


class OneRosterConfig(AppConfig):
    """The way of a tool's own system into the sharing gate: OneRoster 1.2 with OAuth 2 client credentials."""

    name = "vendors.oneroster"
    label = "oneroster"
