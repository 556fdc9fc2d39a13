"""Work papers: written version by version, shared with the district, answered, signed off. Nothing that was written is written over.

What a paper says is free text and stands in its own tables; the trail holds the sha256 of each version and answer.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from governance.auditors.models import Engagement, PaperAnswer, PaperVersion, WorkPaper
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event, Role
from portal.base.errors import CannotDo

TEXTS = ("title", "criteria", "condition", "cause", "effect", "recommendation", "standing")


class CannotWrite(CannotDo):
    """Nothing was written; `what_to_do` says why."""


def hash_of(content: Mapping[str, Any]) -> str:
    """sha256 over the JSON of the content, keys sorted, no spaces, UTF-8: what the trail holds of it."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def content_of(version: PaperVersion) -> dict[str, Any]:
    """What of a version is hashed."""
    return {**{name: getattr(version, name) for name in TEXTS}, "evidence": version.evidence}


@transaction.atomic
def write(
    *,
    engagement: Engagement,
    paper_id: int | None,
    seen: int,
    texts: Mapping[str, str],
    evidence: Sequence[Mapping[str, str]],
    by: User,
    at: dt.datetime,
) -> PaperVersion:
    """A new version, of a new paper where `paper_id` is None. `seen` is the version that the writer had before them (0: none).

    Raises CannotWrite where the paper is signed, or where another version came in between.
    """
    Engagement.objects.select_for_update().get(pk=engagement.pk)  # numbers one after the other
    if paper_id is None:
        last = WorkPaper.objects.filter(engagement=engagement).aggregate(last=Max("number"))["last"] or 0
        paper = WorkPaper.objects.create(engagement=engagement, number=last + 1, made_at=at)
    else:
        paper = WorkPaper.objects.select_for_update().get(pk=paper_id, engagement=engagement)
    if paper.signed_at is not None:
        raise CannotWrite(_("This paper is signed off. Write a new one that refers to it."))
    newest = paper.versions.aggregate(last=Max("number"))["last"] or 0
    if newest != seen:
        raise CannotWrite(_("Somebody saved another version meanwhile. Copy your text, open the paper again, and add it there."))
    version = PaperVersion(
        paper=paper,
        number=newest + 1,
        evidence=[dict(one) for one in evidence],
        written_by=by,
        written_at=at,
        **{name: texts.get(name, "") for name in TEXTS},
    )
    version.sha256 = hash_of(content_of(version))
    version.save()
    _tell(Event.PAPER_WRITTEN, Action.CREATE if newest == 0 else Action.UPDATE, paper, by, version=version.number, sha256=version.sha256)
    return version


@transaction.atomic
def share(*, paper_id: int, by: User, at: dt.datetime) -> WorkPaper:
    """Show a paper to the district's compliance officers, who can answer. Twice changes nothing."""
    paper = WorkPaper.objects.select_for_update(of=("self",)).get(pk=paper_id)
    if paper.shared_at is None:
        paper.shared_at, paper.shared_by = at, by
        paper.save(update_fields=["shared_at", "shared_by"])
        _tell(Event.PAPER_SHARED, Action.UPDATE, paper, by)
    return paper


@transaction.atomic
def answer(*, paper_id: int, agreement: str, text: str, done_by: dt.date | None, by: User, at: dt.datetime) -> PaperAnswer:
    """Management's response to the newest version. Raises CannotWrite where the paper is not shared or is signed off."""
    paper = WorkPaper.objects.select_for_update(of=("self",)).get(pk=paper_id)
    if paper.shared_at is None or paper.signed_at is not None:
        raise CannotWrite(_("This paper takes no answer: it is signed off."))
    number = paper.versions.aggregate(last=Max("number"))["last"]
    content = {"version": number, "agreement": agreement, "text": text, "done_by": done_by.isoformat() if done_by else None}
    made = PaperAnswer.objects.create(
        paper=paper,
        version=number,
        agreement=agreement,
        text=text,
        done_by=done_by,
        sha256=hash_of(content),
        written_by=by,
        written_at=at,
    )
    entries.append(
        Event.PAPER_ANSWERED,
        action=Action.CREATE,
        by=by,
        about=paper,
        hat=Role.COMPLIANCE_OFFICER,
        data={"version": number, "sha256": made.sha256},
    )
    return made


@transaction.atomic
def sign(*, paper_id: int, by: User, at: dt.datetime) -> WorkPaper:
    """Sign off: nothing is written to it any more. Raises CannotWrite for a paper that nobody has seen."""
    paper = WorkPaper.objects.select_for_update(of=("self",)).get(pk=paper_id)
    if paper.shared_at is None:
        raise CannotWrite(_("Share the paper with the district first, so that it can answer."))
    if paper.signed_at is None:
        newest = paper.versions.first()
        if newest is None or newest.standing == PaperVersion.Standing.DRAFT:
            raise CannotWrite(_("The newest version is a draft. Say first where the finding stands."))
        paper.signed_at, paper.signed_by = at, by
        paper.save(update_fields=["signed_at", "signed_by"])
        _tell(Event.PAPER_SIGNED, Action.UPDATE, paper, by, version=newest.number, sha256=newest.sha256)
    return paper


def _tell(event: Event, action: Action, paper: WorkPaper, by: User, **data: object) -> None:
    entries.append(event, action=action, by=by, about=paper, hat=Role.AUDITOR, data=data)
