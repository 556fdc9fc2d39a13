from django.apps import AppConfig


class SharingConfig(AppConfig):
    """The sharing gate, what leaves through it, and the tasks that stop every other way."""

    name = "vendors.sharing"
    label = "sharing"

    def ready(self) -> None:
        from vendors.sharing import following  # registers followers
