"""The family's own page: the letters that went to this person about this child, and what each said."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from breaches.letters import offers, present, queries
from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.records import door
from governance.records import queries as records
from governance.records.family.queries import Access
from governance.records.family.views import frame, of_the_family
from governance.vocabulary import Event, Permission
from portal.base import clock


@require_safe
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def letters(request: SignedInRequest, access: Access) -> HttpResponse:
    """Own letters about this child, the newest first, in full. Another guardian's are not told of."""
    reading = door.read(
        by=request.user, reach=access.reach, students=[access.student.pk], event=Event.LETTER_READ, on=clock.today(),
        elements={"name", "preferred-name"}, grants=(), kept_back=access.kept_back,
    )  # fmt: skip
    if reading.refused:
        return render(request, "governance/family/closed.html", status=403)
    titles, language = records.element_titles(), get_language() or "en"
    context = frame(access, reading.students[access.student.pk], "letters") | {
        "letters": [
            present.OwnLetter(
                gone_at=recipient.sent_at or recipient.handled_at or recipient.notice.started_at,
                opened=[code.last_opened_at for code in recipient.codes.all() if code.last_opened_at],
                elements=present.element_titles(queries.elements_for(recipient), titles),
                offers=offers.to(recipient),
                said=present.said(recipient.notice, language),
                answers=present.answer_rows(list(recipient.answers.all())),
            )
            for recipient in queries.letters_of(request.user, access)
        ]
    }
    return render(request, "breaches/letters/family.html", context)
