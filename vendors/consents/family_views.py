"""A family's forms and tools: read them, answer, keep the receipt."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.records import door
from governance.records import queries as records
from governance.records.family.queries import Access
from governance.records.family.views import frame, of_the_family
from governance.vocabulary import Event, Permission, Role
from portal.base import clock
from vendors.consents import actions, afterwards, present, queries, scans
from vendors.consents.forms import AnswerForm
from vendors.consents.models import Answer
from vendors.consents.texts import text_in
from vendors.reviews import status

NAMES = ("name", "preferred-name")


@require_safe
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def consents(request: SignedInRequest, access: Access) -> HttpResponse:
    """What the school asks this family, what was said, and the receipts."""
    on = clock.today()
    opened = _open(request, access)
    if opened is None:
        return render(request, "governance/family/closed.html", status=403)
    right = queries.right_of(request.user, access.student, on=on)
    questions = sorted(queries.questions_for(access.student, right), key=lambda one: bool(one.state))
    policy = queries.policy()
    context = frame(access, opened, "consents") | {
        "cards": [
            present.card(one, right, access.student.public_id, on=on, lead=place == 0 and not one.state)
            for place, one in enumerate(questions)
        ],
        "why_not": present.WHY_NOT.get(right.why_not, ""),
        "receipts": [
            {
                "number": one.public_id,
                "said": present.SAID[one.said],
                "at": one.at,
                "title": present.title_of(one.form),
                "mistaken": hasattr(one, "mistake"),
            }
            for one in queries.receipts_of(request.user, access.student)
        ],
        "policy": {"words": policy.get_coppa_display(), "basis": policy.basis} if policy is not None else None,
    }
    return render(request, "vendors/consents/family.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def answer(request: SignedInRequest, access: Access, matter: UUID, said: str) -> HttpResponse:
    """The last question before an answer, with what follows from it; by POST: the answer."""
    on = clock.today()
    right = queries.right_of(request.user, access.student, on=on)
    question = queries.question_of(access.student, right, matter)
    if question is None or said not in Answer.Said.values:
        raise Http404
    form = AnswerForm(request.POST or None, said=said, text=question.form.sha256)
    if form.is_valid():
        try:
            made = actions.answer(
                matter=question.form.matter,
                student=access.student,
                said=said,
                text_sha256=form.cleaned_data["text"],
                language=text_in(question.form, get_language() or "en")[0],
                key=form.cleaned_data["key"],
                by=request.user,
                at=clock.now(),
            )
        except actions.CannotAnswer as refusal:
            messages.error(request, refusal.what_to_do)
            return redirect("consents-family:consents", access.student.public_id)
        messages.success(request, _("We have your answer. This is your receipt."))
        return redirect("consents-family:receipt", access.student.public_id, made.public_id)
    opened = _open(request, access)
    if opened is None:
        return render(request, "governance/family/closed.html", status=403)
    if said not in present.possible(question) or right.why_not:
        messages.info(request, str(present.WHY_NOT.get(right.why_not) or _("This was answered already. You find your answer here.")))
        return redirect("consents-family:consents", access.student.public_id)
    context = frame(access, opened, "consents") | {
        "card": present.card(question, right, access.student.public_id, on=on),
        "consequences": present.consequences(question, said, delete_by=queries.delete_by(question.form.matter.tool, at=clock.now())),
        "act": present.ACTS[said],
        "said": said,
        "form": form,
    }
    return render(request, "vendors/consents/answer.html", context, status=422 if form.is_bound else 200)


@require_safe
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def receipt(request: SignedInRequest, access: Access, number: UUID) -> HttpResponse:
    """What this person said, to which text, when: for paper too."""
    found = queries.receipt_of(request.user, access.student, number)
    if found is None:
        raise Http404
    opened = _open(request, access)
    if opened is None:
        return render(request, "governance/family/closed.html", status=403)
    context = frame(access, opened, "consents") | {
        "receipt": present.receipt(found),
        "signer": request.user.name,
        "scan": queries.scan_of(access.student, number) is not None,
    }
    return render(request, "vendors/consents/receipt.html", context)


@require_safe
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def scan(request: SignedInRequest, access: Access, number: UUID) -> HttpResponse:
    """The signed paper behind a receipt of one's own."""
    receipt_of = queries.receipt_of(request.user, access.student, number)
    found = queries.scan_of(access.student, number) if receipt_of is not None else None
    if found is None:
        raise Http404
    return scan_answer(scans.opened(found, by=request.user, hat=Role.STUDENT if access.is_self else Role.GUARDIAN))


def scan_answer(content: bytes) -> HttpResponse:
    """A signed paper as a download; its name says nothing of the child."""
    headers = {"Content-Disposition": 'attachment; filename="signed-paper.pdf"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


@require_safe
@allow(Permission.SEE_OWN_FAMILY)
@of_the_family
def tools(request: SignedInRequest, access: Access) -> HttpResponse:
    """Each tool of the child's classes: used or not, what it gets, why, and what became of the data."""
    at, on = clock.now(), clock.today()
    opened = _open(request, access)
    if opened is None:
        return render(request, "governance/family/closed.html", status=403)
    found, in_class = queries.tools_of(access.student, on=on)
    statuses, standings = status.of_all(found, at), queries.standings_of(access.student, found)
    told = afterwards.lines(access.student.pk, found, on)
    titles = records.purpose_titles()
    context = frame(access, opened, "tools") | {
        "lines": [
            present.tool_line(
                statuses[tool.pk],
                standings.get(tool.pk),
                in_class=tool.pk in in_class,
                told=told[tool.pk],
                titles=titles,
                student=access.student.public_id,
                on=on,
            )
            for tool in found
        ]
    }
    return render(request, "vendors/consents/family_tools.html", context)


def _open(request: SignedInRequest, access: Access) -> door.Opened | None:
    """The child's name, which every page of a family bears: a look like any other."""
    reading = door.read(
        by=request.user,
        reach=access.reach,
        students=[access.student.pk],
        event=Event.SELF_VIEWED if access.is_self else Event.FAMILY_VIEWED,
        on=clock.today(),
        elements=NAMES,
        grants=(),
        kept_back=access.kept_back,
    )
    return None if reading.refused else reading.students[access.student.pk]
