from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The student anchor, the roster, and the one door to guarded values."""

    name = "governance.records"
    label = "records"
