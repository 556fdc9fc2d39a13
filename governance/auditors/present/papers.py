"""Work papers, their evidence and the answers to them, as plain values for templates and as a file."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from governance.auditors.models import PaperAnswer, PaperVersion, WorkPaper
from governance.auditors.papers import content_of
from governance.people.present import name_of
from governance.trail import addresses
from portal.base.components import Status

_STANDINGS = {"draft": "wait", "open": "warn", "note": "info", "resolved": "ok", "none": "ok"}
_AGREEMENTS = {"agreed": "ok", "partly": "warn", "disagreed": "stop"}


@dataclasses.dataclass(frozen=True)
class PaperRow:
    """A work paper in a list."""

    url: str
    number: int
    title: str
    version: int
    written_at: dt.datetime
    status: Status
    shared: bool
    signed: bool
    answers: int


def paper_row(paper: WorkPaper, version: PaperVersion, *, answers: int) -> PaperRow:
    """A work paper with its newest version."""
    return PaperRow(
        url=reverse("auditors:paper", args=[paper.public_id]),
        number=paper.number,
        title=version.title,
        version=version.number,
        written_at=version.written_at,
        status=_standing(version, paper),
        shared=paper.shared_at is not None,
        signed=paper.signed_at is not None,
        answers=answers,
    )


def _standing(version: PaperVersion, paper: WorkPaper) -> Status:
    words = str(PaperVersion.Standing(version.standing).label)
    if paper.signed_at is not None:
        words = _("%(standing)s, signed off") % {"standing": words}
    return Status(_STANDINGS[version.standing], words)


def parts_of(version: PaperVersion) -> list[dict[str, str]]:
    """The parts of a paper that say something, with their names."""
    named = (
        (_("Criteria"), version.criteria),
        (_("Condition"), version.condition),
        (_("Cause"), version.cause),
        (_("Effect"), version.effect),
        (_("Recommendation"), version.recommendation),
    )
    return [{"heading": heading, "text": text} for heading, text in named if text]


def evidence_rows(version: PaperVersion, *, linked: bool) -> list[dict[str, Any]]:
    """The evidence, with a link where the portal has a page of it that this reader may open."""
    return [
        {
            "kind": str(PaperVersion.Evidence(one["kind"]).label),
            "ref": one["ref"],
            "sha256": one.get("sha256", ""),
            "note": one.get("note", ""),
            "href": _address_of(one) if linked else "",
        }
        for one in version.evidence
    ]


def _address_of(one: Mapping[str, str]) -> str:
    if one["kind"] == "entry" and _is_uuid(one["ref"]):
        return reverse("audit:entry", args=[one["ref"]])
    if one["kind"] == "sample" and _is_uuid(one["ref"]):
        return reverse("auditors:sample", args=[one["ref"]])
    return ""


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def entry_place(ref: str) -> tuple[int, dt.datetime] | None:
    """(number, time) of the entry whose address, or page, somebody gave; None where it is none."""
    for part in reversed(ref.strip().rstrip("/").split("/")):
        if _is_uuid(part):
            found = addresses.entry_at(uuid.UUID(part))
            return (found[1], found[0]) if found else None
    return None


def answer_rows(answers: Sequence[PaperAnswer]) -> list[dict[str, Any]]:
    """Management's responses, the newest first."""
    return [
        {
            "status": Status(_AGREEMENTS[one.agreement], str(PaperAnswer.Agreement(one.agreement).label)),
            "text": one.text,
            "done_by": one.done_by,
            "who": name_of(one.written_by),
            "at": one.written_at,
            "version": one.version,
            "sha256": one.sha256,
        }
        for one in answers
    ]


def paper_file(paper: WorkPaper, versions: Sequence[PaperVersion], answers: Sequence[PaperAnswer]) -> dict[str, Any]:
    """The whole paper as a JSON document: every version and answer with its sha256 and how that is made."""
    return {
        "form": "work-paper/1",
        "hash": "sha256 of the JSON of `content`: keys sorted, separators ',' and ':', UTF-8, no escapes of letters",
        "paper": str(paper.public_id),
        "number": paper.number,
        "audit": str(paper.engagement.public_id),
        "organization": paper.engagement.organization,
        "shared_at": paper.shared_at and paper.shared_at.isoformat(),
        "signed_at": paper.signed_at and paper.signed_at.isoformat(),
        "signed_by": name_of(paper.signed_by) if paper.signed_by else None,
        "versions": [
            {
                "number": one.number,
                "written_at": one.written_at.isoformat(),
                "written_by": name_of(one.written_by),
                "sha256": one.sha256,
                "content": content_of(one),
            }
            for one in versions
        ],
        "answers": [
            {
                "written_at": one.written_at.isoformat(),
                "written_by": name_of(one.written_by),
                "sha256": one.sha256,
                "content": {
                    "version": one.version,
                    "agreement": one.agreement,
                    "text": one.text,
                    "done_by": one.done_by and one.done_by.isoformat(),
                },
            }
            for one in answers
        ],
    }
