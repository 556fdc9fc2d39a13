"""What ends elsewhere stops here. Each follower may run twice. The gate itself asks anew each time and waits for none of them."""

from portal.base import clock
from vendors import followers
from vendors.agreements.models import Agreement
from vendors.providers.models import Tool
from vendors.reviews import status
from vendors.reviews.models import Review
from vendors.sharing import actions


@followers.follow(followers.AGREEMENT_ENDED)
def stop_after_agreement(body: dict) -> None:
    """An agreement is over: every way to each of its tools is to be stopped, where no other agreement and approval carry the tool."""
    agreement = Agreement.objects.filter(public_id=body["agreement"]).first()
    if agreement is None:
        return
    at = clock.now()
    tools = list(Tool.objects.filter(services__version__agreement=agreement, services__version__signed_at__isnull=False).distinct())
    for now in status.of_all(tools, at).values():
        if not now.usable:
            actions.stop_ways(tool=now.tool, because="agreement_ended", by=None, at=at)


@followers.follow(followers.REVIEW_CLOSED)
def stop_after_refusal(body: dict) -> None:
    """A tool was refused: every way to it is to be stopped."""
    review = Review.objects.select_related("tool").filter(public_id=body["review"]).first()
    at = clock.now()
    if review is not None and review.outcome == Review.Outcome.REFUSED and not status.of(review.tool, at).usable:
        actions.stop_ways(tool=review.tool, because="refused", by=None, at=at)
