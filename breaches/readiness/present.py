"""What is ready for the day of a breach, as plain values for the pages and for the printed card."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from breaches.readiness import queries
from breaches.readiness.models import Holder, MailSwitch, Number, Use
from governance.exports.typesetting import Report, Section
from governance.people.models import District, User
from portal.base import mail
from portal.base.components import Status
from portal.base.templatetags.portal import count, long_date


def name_of(user: User) -> str:
    """A colleague's name."""
    return user.name or user.email


def missing_words(code: str) -> str:
    """What keeps a named person from signing in alone, in words."""
    return {
        "suspended": _("The account is suspended."),
        "password": _("There is no password of the portal’s own."),
        "second_step": _("There is no second step: an app, a passkey or a security key."),
        "role": _("There is no role any more that handles incidents."),
    }[code]


def holder(found: Holder, *, reader: User, at: dt.datetime, on: dt.date) -> dict[str, Any]:
    """One named or proposed person, as `reader` sees it."""
    missing, tested = queries.what_is_missing(found.user, on=on), queries.last_tested(found)
    return {
        "public_id": found.public_id, "name": name_of(found.user), "phone": found.phone, "proposed_by": name_of(found.proposed_by),
        "confirmed_by": name_of(found.confirmed_by) if found.confirmed_by else "", "missing": [missing_words(code) for code in missing],
        "tested": tested, "state": _state(found, missing, tested, at),
        "may_confirm": found.confirmed_at is None and reader.pk not in (found.proposed_by_id, found.user_id),
    }  # fmt: skip


def _state(found: Holder, missing: Sequence[str], tested: dt.datetime | None, at: dt.datetime) -> Status:
    if found.confirmed_at is None:
        return Status("wait", _("Waits for a second person"))
    if missing:
        return Status("stop", _("Cannot sign in alone"))
    if tested is None:
        return Status("warn", _("Never tried"))
    return Status("ok", _("Ready")) if at - tested <= queries.TESTED_WITHIN else Status("warn", _("Not tried for a year"))


def uses(found: Iterable[Use]) -> list[dict[str, Any]]:
    """The sign-ins of named people, the newest first."""
    return [
        {
            "who": name_of(use.holder.user), "at": use.at,
            "how": _("with a second step") if use.second_step else _("with the password alone"),
        }
        for use in found
    ]  # fmt: skip


def mail_state(switch: MailSwitch | None) -> dict[str, Any]:
    """Which way mail goes, since when and why, and the way that a switch would take."""
    now = switch.path if switch is not None and mail.has_second() else mail.FIRST
    other = mail.FIRST if now == mail.SECOND else mail.SECOND
    return {
        "has_second": mail.has_second(), "second": now == mail.SECOND, "other": other,
        "state": Status("warn", _("Second mail server")) if now == mail.SECOND else Status("ok", _("First mail server")),
        "since": switch.at if switch else None, "who": name_of(switch.by) if switch else "", "reason": switch.reason if switch else "",
    }  # fmt: skip


def reach(found: queries.Reach) -> dict[str, Any]:
    """How many families mail would reach, with a row a school."""
    return {
        "at": found.at, "words": share(found.reached, found.children),
        "schools": [
            {
                "name": school.name or _("No school"), "reached": count(school.reached), "children": count(school.children),
                "missing": school.children - school.reached,
                "href": reverse("readiness:missing", args=[school.public_id]) if school.public_id else "",
            }
            for school in found.schools
        ],
    }  # fmt: skip


def share(reached: int, children: int) -> str:
    """ "8,934 of 10,112"."""
    return _("%(reached)s of %(children)s") % {"reached": count(reached), "children": count(children)}


# -- The card ------------------------------------------------------------------------------------------------------------------


def card(
    *,
    holders: Iterable[Holder],
    roles: Sequence[tuple[str, Sequence[str]]],
    numbers: Iterable[Number],
    district: District | None,
    safety: tuple[str, str] | None,
    found: queries.Reach,
    on: dt.date,
) -> dict[str, Any]:
    """Everything that the printed card says, in sections of sentences; the page and the PDF show the same."""
    named = [_("%(name)s, %(phone)s") % {"name": name_of(one.user), "phone": one.phone} for one in holders if one.confirmed_at]
    who = [f"{label}: {', '.join(names) or _('nobody yet')}" for label, names in roles]
    calls = [": ".join(part for part in (one.title, " ".join(filter(None, (one.name, one.phone)))) if part) for one in numbers]
    if district is not None and district.contact_phone:
        calls.append(f"{district.contact_name}: {district.contact_phone}")
    if safety is not None:
        calls.append(_("For students’ safety: %(name)s, %(phone)s") % {"name": safety[0], "phone": safety[1]})
    return {
        "as_of": on,
        "sections": [
            (_("Who can always sign in"), named or [_("Nobody is named yet. Two people have to name two people under Breach day.")], False),
            (_("Who else handles it"), who, False),
            (_("Numbers"), calls or [_("No number yet. Add them under Breach day.")], False),
            (_("First five steps"), _first_steps(), True),
            (_("Where the portal is"), [_where()], False),
            (_("How to sign in when single sign-on or mail is down, or is what was broken into"), _how_to_sign_in(), True),
            (_("When the portal itself is down"), _when_down(), True),
            (_("Whom mail will reach"), [_reached(found)], False),
        ],
    }


def _first_steps() -> list[str]:
    return [
        _("Open an incident under Incidents. The moment the district learned of it starts the clocks of the law."),
        _("Under “Stop it”: suspend or sign out the account, end its permissions, stop the tool, let nothing be destroyed."),
        _("Take evidence in before anything is cleaned up. Write down who touched what."),
        _("Call counsel and the insurer before telling anybody outside."),
        _("Decide with two people whether it was a breach, and say why."),
    ]


def _where() -> str:
    return _("%(address)s, over a phone’s own network if the district’s is not to be trusted.") % {"address": settings.BASE_URL}


def _how_to_sign_in() -> list[str]:
    return [
        _("Use a device that is not part of it."),
        _("Sign in with your e-mail address and the portal’s own password. Single sign-on is not needed for it."),
        _("Take the second step with the app, the passkey or the security key from the safe. No mail is needed for it."),
        _("If mail is what was broken into: open Breach day and switch to the second mail server, with the reason."),
        _("Do not use the district’s mail or chat to talk about it. Call."),
    ]


def _when_down() -> list[str]:
    return [
        _("Write on paper: when the district learned of it, who was told when, what was done and by whom."),
        _("Call the people above; then counsel. The clocks of the law run on while the portal is down."),
        _("Keep the server as it is: no restart, no new installation, before somebody has copied it."),
        _("When the portal is back, enter the moments from the paper. Nothing is lost by being late; it shows when it was written."),
    ]


def _reached(found: queries.Reach) -> str:
    words = ngettext(
        "%(share)s child has at least one confirmed address (worked out %(when)s). The others need letters.",
        "%(share)s children have at least one confirmed address (worked out %(when)s). The others need letters.",
        found.children,
    )
    return words % {"share": share(found.reached, found.children), "when": long_date(timezone.localtime(found.at).date())}


def card_report(shown: dict[str, Any], *, district: str, language: str) -> Report:
    """The card as a document to print."""
    sections = [
        Section(heading, [f"{number}. {line}" for number, line in enumerate(lines, 1)] if in_order else lines)
        for heading, lines, in_order in shown["sections"]
    ]
    return Report(
        language=language,
        title=_("Card for the day of a breach"),
        lead=_("Print it, put it in the safe, and print it anew when somebody changes."),
        page=_("Page %(number)s of %(all)s"),
        facts=[(_("District"), district), (_("As of"), long_date(shown["as_of"]))],
        sections=sections,
    )
