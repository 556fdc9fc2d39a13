"""Notices as plain values for the pages. No name of a child or a guardian stands in any of them."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from breaches.affected.present import how
from breaches.approving import APPROVALS
from breaches.incidents.models import Incident
from breaches.incidents.present import name_of
from breaches.notices import actions, contents, queries, reading
from breaches.notices import texts as wording
from breaches.notices.forms import outcome_words
from breaches.notices.models import Addressee, Audience, Notice, Recipient, Version
from governance.people.models import User
from portal.base.components import Status

State = Recipient.State
_LANGUAGES = dict(settings.LANGUAGES)
_WORDS = re.compile(r"\S+|\s+")


def crumbs(incident: Incident, *, of_notice: Notice | None = None) -> list[dict[str, str]]:
    """The way back, from a page of an incident's notices or of one notice."""
    way = [
        {"label": _("Incidents"), "href": reverse("incidents:incidents")},
        {"label": str(incident), "href": reverse("incidents:incident", args=[incident.public_id])},
        {"label": _("Notices"), "href": reverse("notices:notices", args=[incident.public_id])},
    ]
    if of_notice is None:
        return way
    return [*way, {"label": title(of_notice), "href": reverse("notices:notice", args=[of_notice.public_id])}]


def title(notice: Notice) -> str:
    """To whom a notice speaks."""
    return str(Audience(notice.audience).label)


def state_of(notice: Notice) -> Status:
    """How far a notice is; its versions and approvals are at hand."""
    if notice.stopped_at is not None:
        return Status("off", _("Stopped") if notice.started_at is not None else _("Set aside"))
    if notice.started_at is not None:
        if notice.trouble_at is not None:
            return Status("stop", _("Going out; some were given up"))
        if notice.audience == Audience.PUBLIC:
            return Status("ok", _("On a public page"))
        return Status("ok", _("Going out"))
    version = queries.newest(notice)
    if version is None:
        return Status("wait", _("No text yet"))
    if queries.is_lacking(notice, version):
        return Status("warn", _("The text is not complete"))
    by = {approval.by_id for approval in version.approvals.all()}
    if len(by) >= APPROVALS:
        return Status("ok", _("Approved; nobody has started it"))
    return Status(
        "wait",
        ngettext("Waits for %(count)d approval", "Waits for %(count)d approvals", APPROVALS - len(by)) % {"count": APPROVALS - len(by)},
    )


def row(notice: Notice) -> dict[str, Any]:
    """A notice in the list of an incident."""
    return {
        "url": reverse("notices:notice", args=[notice.public_id]),
        "title": title(notice),
        "list": how(notice.affected) if notice.affected is not None else "",
        "state": state_of(notice),
        "made_at": notice.made_at,
    }


def audiences(notices: Sequence[Notice], duties: Mapping[str, list[dict[str, Any]]], incident: Incident) -> list[dict[str, Any]]:
    """Each audience with what is asked of it and the notices that there are."""
    return [
        {
            "audience": str(audience.value),
            "title": str(audience.label),
            "duties": duties[audience],
            "notices": [row(notice) for notice in notices if notice.audience == audience],
            "new_url": reverse("notices:new", args=[incident.public_id, audience.value.replace("_", "-")]),
            "asked": any(each["met"] is None for each in duties[audience]),
        }
        for audience in Audience
    ]


def duties(notice: Notice, known: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a notice is to meet; a duty that the facts no longer ask for is said to be none."""
    by_key = {each["key"]: each for each in known}
    gone = {"label": "", "note": _("The facts do not ask for it any more."), "due_at": None, "state": None, "reviewed": True, "met": None}
    return [by_key.get(key, gone | {"key": key, "label": key}) for key in notice.duties]


def checklist(notice: Notice, version: Version | None, known: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each item that the notice has to say: which law asks, whether counsel reviewed that row, and whether the text says it."""
    reviewed = {each["key"]: each["reviewed"] for each in known if each["is_law"]}
    rows = []
    for each in contents.check(notice.content, notice.duties, version.texts if version is not None else {"en": {}}):
        source = contents.every()[each.item.contents]
        asked = [key for key in source.duties if key in notice.duties]
        rows.append(
            {
                "words": each.item.words,
                "law": source.citation if source.law else "",
                "source": source.title,
                "review": ""
                if not asked
                else _("reviewed by counsel")
                if all(reviewed.get(key) for key in asked)
                else _("not reviewed by counsel"),
                "state": _said(each),
                "required": each.item.required,
                "where": str(contents.every()[notice.content].parts.get(each.item.part, ""))
                if each.item.part
                else _("ticked by its author"),
            }
        )
    return rows


def _said(each: contents.Check) -> Status:
    if each.is_said:
        return Status("ok", _("Said"))
    if each.blank:
        return Status("warn", _("A blank is left: %(languages)s") % {"languages": _languages(each.blank)})
    kind = "stop" if each.item.required else "off"
    return Status(kind, _("Missing: %(languages)s") % {"languages": _languages(each.missing)})


def _languages(codes: Iterable[str]) -> str:
    return ", ".join(str(_LANGUAGES.get(code, code)) for code in codes)


def text(notice: Notice, version: Version) -> list[dict[str, Any]]:
    """A version as it is read: each language with its subject and parts, and how hard the English is to read."""
    parts = contents.every()[notice.content].parts
    return [
        {
            "code": code,
            "name": str(_LANGUAGES.get(code, code)),
            "subject": said["subject"],
            "parts": [{"title": str(heading), "words": said["parts"].get(key, "")} for key, heading in parts.items()],
            "grade": reading.grade(" ".join(said["parts"].values())) if code == "en" else None,
            "aim": reading.AIM,
        }
        for code, said in sorted(version.texts.items(), key=lambda pair: (pair[0] != "en", pair[0]))
    ]


def approvals(version: Version) -> list[dict[str, Any]]:
    """Who approved a version, and when."""
    return [{"who": name_of(each.by), "when": each.at} for each in version.approvals.all()]


def versions(notice: Notice, found: Sequence[Version]) -> list[dict[str, Any]]:
    """All versions, the newest first, each with what changed since the one before."""
    parts = contents.every()[notice.content].parts
    return [
        {
            "number": version.number,
            "when": version.written_at,
            "who": name_of(version.written_by),
            "sha256": version.sha256,
            "approvals": approvals(version),
            "changes": difference(before.texts if before is not None else {}, version.texts, parts) if before is not None else [],
            "is_first": before is None,
        }
        for before, version in zip((None, *found), found, strict=False)
    ][::-1]


def difference(before: wording.Texts, after: wording.Texts, parts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What changed from one text to the next: each part that differs, as pieces that stay, go or come."""
    found = []
    for code in sorted({*before, *after}, key=lambda each: (each != "en", each)):
        old, new = before.get(code, {}), after.get(code, {})
        pairs = [(_("Subject"), old.get("subject", ""), new.get("subject", ""))]
        pairs += [(str(heading), old.get("parts", {}).get(key, ""), new.get("parts", {}).get(key, "")) for key, heading in parts.items()]
        pairs.append((_("Ticked as said"), ", ".join(old.get("says", ())), ", ".join(new.get("says", ()))))
        found += [
            {"language": str(_LANGUAGES.get(code, code)), "code": code, "title": heading, "pieces": _pieces(was, becomes)}
            for heading, was, becomes in pairs
            if was != becomes
        ]
    return found


def _pieces(was: str, becomes: str) -> list[tuple[str, str]]:
    """(“same”, “gone” or “new”, words) in their order. Of very long texts the whole is gone and new: comparing them would take too long."""
    old, new = _WORDS.findall(was), _WORDS.findall(becomes)
    if len(old) * len(new) > 4_000_000:
        return [("gone", was), ("new", becomes)]
    pieces = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(("same", "".join(old[a:b])))
            continue
        pieces += [(name, "".join(words)) for name, words in (("gone", old[a:b]), ("new", new[c:d])) if words]
    return pieces


def figures(notice: Notice, found: Mapping[str, int]) -> list[dict[str, Any]]:
    """How many recipients stand where, for tiles that lead to them."""
    here = reverse("notices:recipients", args=[notice.public_id])
    kinds = {State.SENT: "ok", State.CALL: "warn", State.PAPER: "warn", State.RETURNED: "warn"}
    tiles: list[dict[str, Any]] = [
        {
            "number": f"{found[state]:,}",
            "label": str(state.label),
            "href": f"{here}?state={state.value}" if found[state] else "",
            "kind": kinds.get(state, "") if found[state] else "",
            "text": "",
        }
        for state in State
    ]
    tiles.append(
        {
            "number": f"{found['twice']:,}", "label": _("may have been sent twice"), "href": "", "kind": "warn" if found["twice"] else "",
            "text": _("A worker died between the mail server’s answer and our note of it. The second copy has the same Message-ID."),
        }
    )  # fmt: skip
    tiles.append(
        {
            "number": f"{notice.kept_back:,}", "label": _("guardians who are not written to"), "href": "", "kind": "",
            "text": _("An order bars them, they may not see the record, or the school may not contact them."),
        }
    )  # fmt: skip
    return tiles


def recipients(found: Iterable[Recipient]) -> list[dict[str, Any]]:
    """Rows of recipients, by their references."""
    return [
        {
            "reference": str(one.public_id),
            "because": str(Recipient.Because(one.because).label) if one.because else "",
            "to": _("the student") if one.own else _("a guardian") if one.guardianship_id else _("nobody may be written to"),
            "sent_at": one.sent_at,
            "attempts": one.attempts,
            "twice": one.twice,
            "handled_at": one.handled_at,
            "outcomes": [
                {"key": key, "words": outcome_words(key)} for key, (before, _after, _why) in actions.OUTCOMES.items() if one.state in before
            ],
        }
        for one in found
    ]


def addressees(notice: Notice, found: Iterable[Addressee]) -> list[dict[str, Any]]:
    """Who is named, how it gets there, and what is known of its arrival."""
    return [
        {
            "id": one.public_id,
            "name": one.name,
            "way": str(Addressee.Way(one.way).label),
            "address": one.address,
            "is_link": one.address.startswith("https://"),
            "state": _arrival(notice, one),
            "told_at": one.told_at,
            "told_by": name_of(one.told_by),
            "words": one.words,
            "evidence": one.evidence_id is not None,
            "to_do": one.told_at is None and notice.is_running and not notice.drill,
            "droppable": notice.started_at is None,
        }
        for one in found
    ]


def _arrival(notice: Notice, one: Addressee) -> Status:
    if one.told_at is not None:
        return Status("ok", _("Taken by the mail server") if one.told_by_id is None else _("Handed in"))
    if not notice.is_running:
        return Status("off", _("Stopped") if notice.stopped_at is not None else _("Not started"))
    if notice.drill:
        return Status("off", _("Held: this is a drill"))
    if one.way != Addressee.Way.MAIL:
        return Status("warn", _("To be handed in"))
    if one.given_up_at is not None:
        return Status("stop", _("The mail server did not take it: hand it in another way"))
    return Status("wait", _("Waits for the mail server"))


def reader_may(notice: Notice, version: Version | None, reader: User) -> dict[str, bool]:
    """Which buttons this person has on the page of a notice of an open incident."""
    if version is None or notice.stopped_at is not None:
        return {"approve": False, "start": False, "wrote": False, "approved": False}
    by = {approval.by_id for approval in version.approvals.all()}
    complete = not queries.is_lacking(notice, version)
    return {
        "approve": notice.started_at is None and complete and version.written_by_id != reader.pk and reader.pk not in by,
        "start": notice.started_at is None and len(by) >= APPROVALS,
        "wrote": version.written_by_id == reader.pk,
        "approved": reader.pk in by,
    }
