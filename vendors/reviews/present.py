"""Reviews as pages show them."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.base.components import Status as Shown
from portal.base.components import due
from vendors.reviews.actions import items_of
from vendors.reviews.checklist import Findings, questionnaire
from vendors.reviews.models import Approval, Questionnaire, Review
from vendors.reviews.queries import Held
from vendors.reviews.status import Status

_OUTCOMES = {Review.Outcome.APPROVED: "ok", Review.Outcome.LIMITED: "ok", Review.Outcome.REFUSED: "stop", Review.Outcome.DROPPED: "off"}
assert set(_OUTCOMES) == set(Review.Outcome)


def row(held: Held, *, on: dt.date) -> dict[str, Any]:
    """An open review in the list."""
    review = held.review
    return {
        "url": reverse("reviews:detail", args=[review.public_id]),
        "tool": review.tool.name,
        "provider": review.tool.provider.name,
        "because": review.get_because_display(),
        "reviewer": review.reviewer.name if review.reviewer else "",
        "decides": ", ".join(person.name for person in held.waiting.people),
        "due": due(review.due_on, on),
        "due_on": review.due_on,
        "checklist": progress(review),
    }


def closed_row(review: Review) -> dict[str, Any]:
    """A closed review in the list."""
    return {
        "url": reverse("reviews:detail", args=[review.public_id]),
        "tool": review.tool.name,
        "provider": review.tool.provider.name,
        "outcome": outcome(review),
        "closed_at": review.closed_at,
        "closed_by": review.closed_by.name if review.closed_by else "",
    }


def outcome(review: Review) -> Shown:
    """How a review ended."""
    said = Review.Outcome(review.outcome)
    return Shown(_OUTCOMES[said], str(said.label))


def progress(review: Review) -> str:
    """How much of the checklist has an answer."""
    items = {item.id for item in items_of(review)}
    answered = sum(check.item in items for check in review.checks.all())
    return _("%(answered)d of %(all)d answered") % {"answered": answered, "all": len(items)}


def tool_facts(status: Status, review: Review) -> list[dict[str, Any]]:
    """What the catalogue knows of the tool, for the reviewer."""
    tool = review.tool
    required = [each.element.title for each in tool.collects.all() if each.required]
    optional = [each.element.title for each in tool.collects.all() if not each.required]
    items = [
        {"term": _("Provider"), "value": tool.provider.name},
        {"term": _("Accounts"), "value": tool.get_accounts_display()},
        {"term": _("Ages by the provider's terms"), "value": ages(tool.youngest_age, tool.oldest_age)},
        {"term": _("Needs"), "value": _("Nothing") if tool.collects_nothing else ", ".join(required) or _("Not listed yet")},
    ]
    if optional:
        items.append({"term": _("Also takes"), "value": ", ".join(optional)})
    if status.version is not None:
        items.append(
            {
                "term": _("Agreement"),
                "value": status.version.agreement.title,
                "href": reverse("agreements:detail", args=[status.version.agreement.public_id]),
            }
        )
    return items


def ages(youngest: int | None, oldest: int | None) -> str:
    """From which age to which."""
    if youngest and oldest:
        return _("%(youngest)d to %(oldest)d") % {"youngest": youngest, "oldest": oldest}
    if youngest:
        return _("%(youngest)d and older") % {"youngest": youngest}
    return _("up to %(oldest)d") % {"oldest": oldest} if oldest else _("No limit named")


def concerns(findings: Findings) -> list[dict[str, str]]:
    """What stands in the way and what is a concern, in the checklist's own words."""
    return [{"kind": "stop", "text": _(item.question)} for item in findings.blocking] + [
        {"kind": "warn", "text": _(item.question)} for item in findings.concerns
    ]


def questionnaire_rows(found: Questionnaire) -> list[dict[str, Any]]:
    """The provider's answers, the unwanted ones marked."""
    said = {answer.question: answer for answer in found.answers.all()}
    words = {"yes": _("Yes"), "no": _("No"), "partly": _("Partly"), "not_applicable": _("Does not apply")}
    rows = []
    for question in questionnaire()[1]:
        answer = said.get(question.id)
        if answer is not None:
            wanted = answer.answer == question.wanted
            rows.append(
                {
                    "question": _(question.question),
                    "answer": Shown("ok" if wanted else "warn", words.get(answer.answer, answer.answer)),
                    "words": answer.words,
                }
            )
    return rows


def approval_facts(approval: Approval, elements: Mapping[str, str], purposes: Mapping[str, str]) -> list[dict[str, Any]]:
    """What was approved."""
    return [
        {"term": _("Data"), "value": ", ".join(elements.get(key, key) for key in approval.elements) or _("None")},
        {"term": _("Purposes"), "value": ", ".join(_(purposes.get(key, key)) for key in approval.purposes) or _("None")},
        {"term": _("Families"), "value": approval.get_consent_display()},
        {"term": _("Ages"), "value": ages(approval.youngest_age, approval.oldest_age)},
    ]


def marks(found: Iterable[Any]) -> list[dict[str, Any]]:
    """Ratings and certificates, with how each was checked."""
    return [
        {
            "title": f"{mark.issuer}: {mark.title}",
            "result": mark.result,
            "given_on": mark.given_on,
            "expires_on": mark.expires_on,
            "verified": Shown("ok" if mark.verified in {"issuer", "signature"} else "warn", mark.get_verified_display()),
        }
        for mark in found
    ]
