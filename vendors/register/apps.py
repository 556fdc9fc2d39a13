from django.apps import AppConfig


class RegisterConfig(AppConfig):
    """The public register of tools."""

    name = "vendors.register"
    label = "register"
