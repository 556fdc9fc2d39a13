from django.apps import AppConfig


class ClocksConfig(AppConfig):
    """Running clocks: what they are, whom they tell, and the district's calendar."""

    name = "breaches.clocks"
    label = "clocks"

    def ready(self) -> None:
        from breaches.clocks import notices, sources  # registers its handler and the clocks of other rooms
