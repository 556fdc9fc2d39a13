from django.apps import AppConfig


class CompanyConfig(AppConfig):
    """The provider's side: its own tools, questionnaires, agreements, deletion orders and notices, and nothing of students."""

    name = "vendors.company"
    label = "company"

    def ready(self) -> None:
        from vendors.company import notices  # it registers outbox handlers
