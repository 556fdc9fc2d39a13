from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """The district, its schools and people, their roles and how they sign in."""

    name = "governance.people"
    label = "people"

    def ready(self) -> None:
        from governance.people import notices, second_factor  # registers its outbox handlers, and what failed second steps leave
