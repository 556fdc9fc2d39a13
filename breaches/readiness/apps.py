from django.apps import AppConfig


class ReadinessConfig(AppConfig):
    """What has to work on the day of a breach: two people who can sign in, a second way for mail, numbers on paper, families in reach."""

    name = "breaches.readiness"
    label = "readiness"

    def ready(self) -> None:
        from breaches.readiness import queries, uses  # uses listens to sign-ins
        from portal.base import mail

        mail.ask(queries.mail_path)
