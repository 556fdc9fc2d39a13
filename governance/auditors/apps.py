from django.apps import AppConfig


class AuditorsConfig(AppConfig):
    """Outside auditors: their scope and end, random samples, work papers."""

    name = "governance.auditors"
    label = "auditors"
