from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Pages that join two or more apps."""

    name = "portal.pages"
    label = "pages"

    def ready(self) -> None:
        from portal.pages import named_in_the_trail
        from portal.pages.families import actions  # registers its outbox handler

        named_in_the_trail.register()
