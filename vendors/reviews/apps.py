from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Reviews of tools and the approvals that come of them."""

    name = "vendors.reviews"
    label = "reviews"

    def ready(self) -> None:
        from vendors.reviews import following, history  # they register what follows from agreements, and kinds
