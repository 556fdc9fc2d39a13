from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    """The one accountable authority: elements, purposes, rules, stewards, requests and grants."""

    name = "governance"

    def ready(self) -> None:
        from governance.requests import notices  # registers its outbox handlers
