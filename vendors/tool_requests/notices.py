"""Telling who asked for a tool: one e-mail, when there is an answer."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from portal.base import clock, outbox
from vendors import followers
from vendors.reviews.models import Review
from vendors.tool_requests import actions
from vendors.tool_requests.models import ToolRequest


@followers.follow(followers.REVIEW_CLOSED)
def answer_who_waited(body: dict) -> None:
    """A review has its outcome: whoever waited for it has an answer, and is told."""
    review = Review.objects.get(public_id=body["review"])
    actions.answer_all(review=review, at=clock.now())


@outbox.handles(actions.ANSWERED)
def tell_the_asker(body: dict) -> None:
    """Mail that the answer can be read. What it is stands on the page alone."""
    asked = ToolRequest.objects.select_related("asker", "tool").get(public_id=body["request"])
    with translation.override(asked.asker.language):
        link = settings.BASE_URL.rstrip("/") + reverse("tools:request-detail", args=[asked.public_id])
        words = {"link": link, "tool": asked.name}
        subject = render_to_string("notices/tool_answered/subject.txt", words).strip()
        send_mail(subject, render_to_string("notices/tool_answered/body.txt", words), None, [asked.asker.email])
