from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Searching the trail: pages, saved searches, timelines."""

    name = "governance.audit"
    label = "audit"
