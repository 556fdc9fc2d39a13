from django.apps import AppConfig


class HistoryConfig(AppConfig):
    """The history of any object as a page: who changed what, when, field by field."""

    name = "governance.history"
    label = "history"

    def ready(self) -> None:
        from governance.history import own  # registers the kinds of governance's own rooms
