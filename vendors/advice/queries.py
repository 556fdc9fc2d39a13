"""Reads of advice and of trusted keys, and what a file says in words."""

from uuid import UUID

from django.utils.translation import gettext as _

from governance.authority.models import Element
from portal.base.templatetags.portal import long_date
from vendors.advice.files import Finding
from vendors.advice.models import SignedReview, TrustedKey
from vendors.reviews.models import ConsentNeeded, Review
from vendors.reviews.present import ages


def keys_on_the_list() -> list[TrustedKey]:
    """The keys on the list, those that wait first."""
    return list(TrustedKey.objects.filter(ended_at=None).select_related("proposed_by", "confirmed_by").order_by("confirmed_at", "name"))


def find_key(public_id: UUID) -> TrustedKey | None:
    """The key with this opaque id."""
    return TrustedKey.objects.filter(public_id=public_id).first()


def received() -> list[SignedReview]:
    """The files that were taken in, the newest first."""
    return list(SignedReview.objects.select_related("advice__tool__provider", "key").order_by("-advice__received_at", "-pk")[:100])


def find_review(public_id: UUID) -> Review | None:
    """The review with this opaque id, for giving it out."""
    return Review.objects.select_related("tool__provider").filter(public_id=public_id).first()


def words_of(finding: Finding) -> str:
    """What a file says beyond its outcome, as lines for the reviewer. One query."""
    lines = [finding.reason.strip()]
    limits = finding.limits
    if limits is not None:
        if limits.youngest_age or limits.oldest_age:
            lines.append(_("Ages there: %(ages)s.") % {"ages": ages(limits.youngest_age, limits.oldest_age)})
        if limits.grades:
            lines.append(_("Grades: %(grades)s.") % {"grades": ", ".join(limits.grades)})
        lines.append(_("Families there: %(words)s.") % {"words": ConsentNeeded(limits.families).label})
        if limits.no_names:
            lines.append(_("Nobody types real names there."))
        lines += [line.strip() for line in limits.conditions.splitlines() if line.strip()]
    if finding.elements:
        titles = dict(Element.objects.filter(pk__in=finding.elements).values_list("key", "title"))
        lines.append(_("Data there: %(data)s.") % {"data": ", ".join(titles.get(key, key) for key in finding.elements)})
    lines.append(_("It counts there until %(day)s.") % {"day": long_date(finding.valid_until)})
    return "\n".join(line for line in lines if line)
