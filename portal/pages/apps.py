from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Pages that join two or more apps."""

    name = "portal.pages"
    label = "pages"
