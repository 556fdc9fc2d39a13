"""The public pages as plain values: the reference data and the district's facts in the reader's language."""

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from governance.coverage import queries as coverage
from governance.people.models import District
from portal.base.components import Status
from portal.pages.public import facts

HMONG = "hmn"

WHO: dict[str, str | Promise] = {
    "parent_of_student_under_18": _("Parents and guardians of a student under 18"),
    "parent_of_child_under_13": _("Parents and guardians of a child under 13"),
    "parent": _("Parents and guardians"),
    "any_parent": _("Every parent, also one who does not live with the child"),
    "eligible_student": _("Students who are 18 or older"),
    "adult_pupil": _("Students who are 18 or older"),
    "adult_student": _("Students who are 18 or older"),
    "student_18_or_emancipated": _("Students who are 18 or older, or who live on their own under a court order"),
    "pupil_any_age": _("Students of any age"),
    "any_affected_person": _("Everyone whose data it was"),
    "any_person": _("Anyone"),
}
CHOICES: dict[str, str | Promise] = {"opt_in": _("We need your OK"), "opt_out": _("You can say no")}


@dataclasses.dataclass(frozen=True)
class Words:
    """A text and, where it is not in the language of the page, the code of its language."""

    text: str
    lang: str = ""


@dataclasses.dataclass(frozen=True)
class RightView:
    """One right as the page shows it."""

    id: str
    title: Words
    english_title: str
    choices: Sequence[str]
    summary: str
    if_nothing: str
    who: Sequence[str]
    how: str
    by_when: Sequence[str]
    exceptions: Sequence[str]
    laws: Sequence[facts.Law]
    offices: Sequence["OfficeView"]
    sources_checked: bool


@dataclasses.dataclass(frozen=True)
class OfficeView:
    """An office outside the district; what is not checked is empty."""

    name: str
    web: str
    phone: str
    email: str
    mail: str


@dataclasses.dataclass(frozen=True)
class GroupView:
    """Rights under one heading."""

    id: str
    title: str
    rights: Sequence[RightView]


@dataclasses.dataclass(frozen=True)
class ContactView:
    """The named person to turn to. Empty fields are not shown."""

    district: str
    name: str
    title: str
    phone: str
    email: str
    deputy: str
    office_hours: str
    address: str
    website: str


@dataclasses.dataclass(frozen=True)
class ReviewView:
    """What the district's counsel said of the legal texts."""

    status: Status
    by: str
    on: dt.date | None


@dataclasses.dataclass(frozen=True)
class Hint:
    """An offer of the same page in the language the browser asks for, worded in that language."""

    text: str
    code: str
    url: str


def rights_page(district: District | None, language: str) -> dict[str, Any]:
    """What the rights page and its print view show in `language`."""
    book = facts.book()
    views = [_right(right, language) for right in book.rights]
    group_of = {right.id: right.group for right in book.rights}
    groups = [
        GroupView(id_, _text(title, language), [view for view in views if group_of[view.id] == id_]) for id_, title in book.groups.items()
    ]
    hmong = language == HMONG
    titles = [term.hmong for term in book.terms if term.english.endswith("(title)")]
    return {
        "groups": groups,
        "contact": contact(district),
        "review": review(district),
        "hmong_page": hmong,
        "terms": book.terms if hmong else (),
        "hmong_title": titles[0] if hmong and titles else "",
    }


def contact(district: District | None) -> ContactView | None:
    """The district's privacy contact; None before the district named one."""
    if district is None or not district.contact_name:
        return None
    return ContactView(
        district=district.name,
        name=district.contact_name,
        title=district.contact_title,
        phone=district.contact_phone,
        email=district.contact_email,
        deputy=district.deputy_name,
        office_hours=district.office_hours,
        address=district.address,
        website=district.website,
    )


def review(district: District | None) -> ReviewView:
    """Reviewed only where the district says so, with who and when."""
    if district is None or not district.legal_texts_reviewed_on:
        return ReviewView(Status("warn", gettext("Not yet reviewed by the district's lawyer")), "", None)
    return ReviewView(
        Status("ok", gettext("Reviewed by the district's lawyer")), district.legal_texts_reviewed_by, district.legal_texts_reviewed_on
    )


def home_page(district: District | None) -> dict[str, Any]:
    """What the front page shows."""
    return {"contact": contact(district), "family_sign_in_open": district is not None and district.family_sign_in_open}


def limits_page(district: District | None) -> dict[str, Any]:
    """What the page about limits shows: facts that only the district knows are said to be missing where they are."""
    return {
        "contact": contact(district),
        "review": review(district),
        "since": district.records_since if district else None,
        "server_access": district.server_access_count if district else None,
        "roster_source": district.roster_source if district else "",
        "systems": coverage.systems(),
    }


def hint(wanted: str, current: str, url: str) -> Hint | None:
    """The offer of another language; None where the page is in the wanted one already."""
    if not wanted or wanted == current:
        return None
    with override(wanted):
        # Translators: say the name of YOUR language here: «Lea esta página en español».
        text = "Hmoob" if wanted == HMONG else gettext("Read this page in English")
    return Hint(text, wanted, url)


def _right(right: facts.Right, language: str) -> RightView:
    return RightView(
        id=right.id,
        title=_words(right.title, language),
        english_title=right.title["en"] or "",
        choices=[str(CHOICES[name]) for name in right.choice],
        summary=_text(right.summary, language),
        if_nothing=_text(right.if_nothing, language) if right.if_nothing else "",
        who=list(dict.fromkeys(str(WHO[name]) for name in right.who)),
        how=_text(right.how, language),
        by_when=[_text(clock.words, language).format(n=clock.number) for clock in right.clocks],
        exceptions=right.exceptions.get(language) or right.exceptions["en"] or [],
        laws=right.laws,
        offices=[OfficeView(_text(office.name, language), office.web, office.phone, office.email, office.mail) for office in right.offices],
        sources_checked=right.verified and all(clock.verified for clock in right.clocks),
    )


def _text(translated: facts.Translated, language: str) -> str:
    return translated.get(language) or translated[settings.LANGUAGE_CODE] or ""


def _words(translated: facts.Translated, language: str) -> Words:
    """Pages in Hmong are English pages with Hmong parts, so a Hmong text names its language and an English one does not."""
    text = translated.get(language)
    if text and language == HMONG:
        return Words(text[:1].upper() + text[1:], HMONG)
    return Words(text or translated[settings.LANGUAGE_CODE] or "")
