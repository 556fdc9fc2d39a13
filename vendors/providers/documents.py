"""Documents that people hand in: taken as they are, hashed, given back as they were. PDF alone.

The bytes stand in the database: they commit with the row that needs them and are in every backup of it.
"""

import datetime as dt
import hashlib
from typing import IO

from django.db import transaction
from django.http import HttpResponse
from django.utils.text import slugify
from django.utils.translation import gettext as _

from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event
from portal.base import scanner
from portal.base.errors import CannotDo
from vendors.providers.models import Document, DocumentContent

MOST_BYTES = 10 * 2**20


class CannotTake(CannotDo):
    """The file was not taken."""


class Damaged(Exception):
    """The bytes are not those that were received."""


def read_pdf(file: IO[bytes]) -> bytes:
    """The bytes of an uploaded PDF. Raises CannotTake for what is too large, no PDF or not clean."""
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise CannotTake(_("The file is larger than 10 MB. Scan it with fewer dots per inch, or in parts."), code="too_large")
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-2048:]:
        raise CannotTake(_("This is not a whole PDF file. Save or scan the document as PDF and choose it again."), code="not_a_pdf")
    try:
        scanner.check(content)
    except scanner.NotClean as refusal:
        raise CannotTake(refusal.what_to_do, code=refusal.code) from refusal
    return content


@transaction.atomic
def receive(*, content: bytes, title: str, by: User, at: dt.datetime) -> Document:
    """Keep the bytes of a PDF that `read_pdf` gave. The file's own name is not kept: it may name a person."""
    digest = hashlib.sha256(content).hexdigest()
    document = Document.objects.create(title=title[:160], sha256=digest, size=len(content), received_at=at, received_by=by)
    DocumentContent.objects.create(document=document, content=content)
    entries.append(Event.DOCUMENT_RECEIVED, action=Action.CREATE, by=by, about=document, data={"sha256": digest, "bytes": len(content)})
    return document


def content_of(document: Document) -> bytes:
    """The bytes as they were received. Raises Damaged if they are others."""
    content = bytes(document.content.content)
    if hashlib.sha256(content).hexdigest() != document.sha256:
        raise Damaged(str(document.public_id))
    return content


def as_attachment(document: Document) -> HttpResponse:
    """The document to be saved, never shown inside the portal."""
    answer = HttpResponse(content_of(document), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{slugify(document.title) or "document"}.pdf"'
    return answer
