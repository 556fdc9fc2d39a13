"""Families' questions as staff see them."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from governance.people.http import SignedInRequest
from governance.people.policies import allow
from governance.records import queries as records
from governance.records.questions import actions, present, queries
from governance.records.questions.forms import AnswerForm
from governance.vocabulary import Permission
from portal.base import clock

# Whoever can leave a line on a family's page can be asked about it.
ASKED = (
    Permission.SEE_STUDENTS,
    Permission.SEARCH_TRAIL,
    Permission.DECIDE_REQUESTS,
    Permission.IMPORT_ROSTER,
    Permission.REGISTER_FAMILY_PAPERS,
)


@require_safe
@allow(*ASKED)
def questions(request: SignedInRequest) -> HttpResponse:
    """Questions that wait on the reader, and the last answers."""
    on = clock.today()
    return render(
        request,
        "governance/records/questions.html",
        {
            "waiting": present.rows(queries.open_for(request.user, on=on), request.user, on=on),
            "taken": present.rows(queries.taken_by(request.user), request.user, on=on),
            "answered": present.rows(queries.answered_by(request.user), request.user, on=on),
            "oversees": queries.oversees(request.user, on=on),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@allow(*ASKED)
def question(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """One question with the line it is about, and the answer or the form for it."""
    on = clock.today()
    found = queries.question_for(request.user, public_id, on=on)
    if found is None:
        raise Http404
    if request.method == "POST" and request.POST.get("told") and found.taken_by_id == request.user.pk:
        try:
            actions.tell(question=found, by=request.user, at=clock.now())
        except actions.CannotAnswer as refused:
            messages.error(request, refused.what_to_do)
        else:
            messages.success(request, _("Noted: the family has heard the answer."))
        return redirect("records:question", public_id)
    form = AnswerForm(request.POST or None)
    if form.is_valid():
        try:
            actions.answer(
                question=found, answer=form.cleaned_data["answer"], words=form.cleaned_data["words"], by=request.user, at=clock.now()
            )
        except actions.CannotAnswer as refused:
            messages.error(request, refused.what_to_do)
        else:
            messages.success(request, _("Your answer is on the family’s page. Thank you."))
        return redirect("records:question", public_id)
    classes = records.classes_of_students(found.asked_of, [found.student_id], on=on) if found.asked_of else {}
    context = {
        "crumbs": [{"label": _("Questions from families"), "href": reverse("records:questions")}],
        "question": present.row(found, request.user, on=on),
        "may_tell": found.taken_by_id == request.user.pk and found.answered_at is not None and found.told_at is None,
        "classes": [title for _section, title in classes.get(found.student_id, [])],
        "form": form if queries.can_answer(found, request.user, on=on) else None,
    }
    return render(request, "governance/records/question.html", context, status=422 if form.is_bound else 200)
