from django.apps import AppConfig


class EarlierConfig(AppConfig):
    """What families said before the portal: lists of earlier answers come in, and answers go out in the same shape."""

    name = "vendors.earlier"
    label = "earlier"
