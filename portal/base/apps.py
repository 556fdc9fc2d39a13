from django.apps import AppConfig


class BaseConfig(AppConfig):
    """Furniture that knows no word of the domain: clock, outbox, forms, headers, health."""

    name = "portal.base"
    label = "base"

    def ready(self) -> None:
        from portal.base import words

        words.compile_stale()  # so that a clone speaks Spanish however it is started
