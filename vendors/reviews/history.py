"""The history of reviews with their questionnaire and approval, for whoever reviews tools."""

import datetime as dt
from uuid import UUID

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from governance.history.kinds import Kind, register
from governance.people.models import User
from governance.vocabulary import Permission
from vendors.providers.history import may
from vendors.reviews.models import Approval, Questionnaire, Review


def _every(public_id: UUID) -> Model | None:
    return Review.objects.filter(public_id=public_id).select_related("tool").first()


def _find(user: User, public_id: UUID, on: dt.date) -> Model | None:
    return _every(public_id) if may(user, on, Permission.REVIEW_TOOLS) else None


def _title(found: Model) -> str:
    assert isinstance(found, Review)
    return found.tool.name


def _parts(found: Model) -> list[Model]:
    return [*Questionnaire.objects.filter(review=found.pk), *Approval.objects.filter(review=found.pk)]


def _page(found: Model) -> str:
    assert isinstance(found, Review)
    return reverse("reviews:detail", args=[found.public_id])


register(Kind("review", _("Review of a tool"), _find, _every, _title, _parts, _page))
