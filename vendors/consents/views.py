"""The staff's side: ask families, see how far it is, who does the other activity; register papers; the district's reading of COPPA."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.people import permissions
from governance.people import queries as people
from governance.people.http import SignedInRequest
from governance.people.models import School, User
from governance.people.policies import allow
from governance.records import door, scope
from governance.records.models import Guardianship, Section, Student
from governance.records.scope import Reach
from governance.requests.queries import sections_to_choose
from governance.vocabulary import Event, Permission, Relation, Role
from portal.base import clock
from vendors.consents import actions, campaigns, forms, present, queries, scans
from vendors.consents.family_views import scan_answer
from vendors.consents.models import Campaign, Form, Matter, Scan
from vendors.providers import queries as catalogue
from vendors.reviews import status

OFFICE = frozenset({Role.DISTRICT_ADMIN, Role.DATA_STEWARD})
NAMES = ("name", "preferred-name")
MOST_IN_A_LIST = 1000


@require_safe
@allow(Permission.ASK_FAMILIES)
def overview(request: SignedInRequest) -> HttpResponse:
    """What was asked and how far it is; which tools can be asked about."""
    at, on = clock.now(), clock.today()
    office = _office(request.user)
    found = queries.campaigns_of(request.user, office=office)
    progress = queries.progress_of(found)
    statuses = status.of_all(list(catalogue.listed()[:400]), at).values()
    context = {
        "campaigns": [present.campaign_row(one, progress[one.pk], on=on) for one in found],
        "tools": [
            {"name": one.tool.name, "slug": one.tool.slug, "kind": one.approval.get_consent_display()}
            for one in statuses
            if one.usable and one.approval is not None and not one.tool.collects_nothing
        ],
        "office": office,
        "policy": queries.policy() if office else None,
        "may_register": (may_register := permissions.holds(people.roles_of(request.user, on=on), Permission.REGISTER_FAMILY_PAPERS)),
        "may_take_back": may_register or Role.DATA_STEWARD in people.roles_of(request.user, on=on),
    }
    return render(request, "vendors/consents/overview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.ASK_FAMILIES)
def ask(request: SignedInRequest, slug: str) -> HttpResponse:
    """Ask the families of some classes about one tool."""
    tool = catalogue.find_tool(slug)
    if tool is None:
        raise Http404
    at, on = clock.now(), clock.today()
    if not status.of(tool, at).usable:
        messages.error(request, _("“%(tool)s” cannot be used now, so there is nothing to ask families.") % {"tool": tool.name})
        return redirect("consents:overview")
    sections = sections_to_choose(request.user, on=on)
    form = forms.CampaignForm(request.POST or None, sections=sections)
    if form.is_valid():
        text = actions.publish_for_tool(tool=tool, by=request.user, at=at)
        if (made := _start(request, text, form, sections=[int(pk) for pk in form.cleaned_data["sections"]])) is not None:
            return made
    context = {"title": tool.name, "form": form, "none": not sections}
    return render(request, "vendors/consents/ask.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.REVIEW_TOOLS)
def ask_everybody(request: SignedInRequest, subject: str) -> HttpResponse:
    """Tell every family about directory information or recruiters, with its days to say no."""
    if subject not in (Matter.Subject.DIRECTORY, Matter.Subject.RECRUITERS):
        raise Http404
    form = forms.CampaignForm(request.POST or None, sections=None)
    if form.is_valid():
        text = actions.publish_for_everybody(subject=Matter.Subject(subject), by=request.user, at=clock.now())
        if (made := _start(request, text, form, sections=[])) is not None:
            return made
    context = {"title": Matter.Subject(subject).label, "form": form, "none": False}
    return render(request, "vendors/consents/ask.html", context, status=422 if form.is_bound else 200)


def _start(request: SignedInRequest, text: Form, form: forms.CampaignForm, *, sections: list[int]) -> HttpResponse | None:
    try:
        made = campaigns.start(
            form=text,
            sections=sections,
            answer_by=form.cleaned_data["answer_by"],
            remind_on=form.reminders(),
            key=form.cleaned_data["key"],
            by=request.user,
            at=clock.now(),
        )
    except campaigns.CannotAsk as refusal:
        form.add_error(None, refusal.what_to_do)
        return None
    messages.success(request, _("The families are asked. Those without an account need the paper form."))
    return redirect("consents:campaign", made.public_id)


@require_safe
@allow(Permission.ASK_FAMILIES)
def campaign(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """How far it is. For a teacher also who does the other activity, never why."""
    on = clock.today()
    found = _own_campaign(request, public_id)
    progress = queries.progress_of([found])[found.pk]
    office = _office(request.user)
    names, refused = _alternatives(request, found)
    context = {
        "row": present.campaign_row(found, progress, on=on),
        "progress": progress,
        "office": office,
        "other": progress.no + progress.waiting,
        "names": names,
        "too_many": refused,
        "reminders": found.remind_on,
        "classes": list(Section.objects.filter(pk__in=found.sections).values_list("title", flat=True)),
        "may_end": found.ended_at is None,
        "public_id": found.public_id,
        "crumbs": _crumbs(),
    }
    return render(request, "vendors/consents/campaign.html", context)


@require_POST
@allow(Permission.ASK_FAMILIES)
def campaign_end(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """No more reminders."""
    campaigns.end(campaign=_own_campaign(request, public_id).public_id, by=request.user, at=clock.now())
    messages.success(request, _("No more reminders go out. What was answered stands."))
    return redirect("consents:campaign", public_id)


@require_safe
@allow(Permission.ASK_FAMILIES)
def campaign_paper(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    """The form for paper, in every language, a page each. No name is printed."""
    found = _own_campaign(request, public_id)
    pages = [{"language": code, **text, "words": text["words"].split("\n")} for code, text in found.form.texts.items()]
    context = {
        "pages": pages,
        "kind": found.form.kind,
        "number": found.form.number,
        "sha256": found.form.sha256,
        "answer_by": found.answer_by,
        "public_id": found.public_id,
    }
    return render(request, "vendors/consents/paper_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.REGISTER_FAMILY_PAPERS)
def paper(request: SignedInRequest, student: UUID) -> HttpResponse:
    """Register a paper that came back to the school office. Opening the names is a look that the family sees."""
    on = clock.today()
    found = _student_at(request.user, student)
    if found is None:
        raise Http404
    reading = door.read(
        by=request.user,
        reach=Reach(hat=Role.SECRETARY, relation=_relation(request.user)),
        students=[found.pk],
        event=Event.STUDENT_OPENED,
        on=on,
        elements=("name", "preferred-name", "guardian-name"),
        grants=(),
    )
    if reading.refused:
        return render(request, "portal/families/refused.html", {"crumbs": _crumbs()}, status=403)
    opened = reading.students[found.pk]
    names = {each["guardian_id"]: f"{each['given_name']} {each['family_name']}".strip() for each in opened.guardians}
    links = {str(link.public_id): link for link in Guardianship.objects.filter(student=found, ended_at=None).order_by("pk")}
    texts = {str(text.matter.public_id): text for text in Form.objects.filter(replaced_at=None).select_related("matter__tool")}
    form = forms.PaperForm(
        request.POST or None,
        request.FILES or None,
        matters=sorted(((pk, present.title_of(text)) for pk, text in texts.items()), key=lambda each: each[1]),
        links=[(pk, names.get(link.guardian_id or 0) or _("A guardian whom the roster does not name")) for pk, link in links.items()],
    )
    if form.is_valid():
        given = form.cleaned_data
        try:
            made = actions.register_paper(
                matter=texts[given["matter"]].matter,
                link=links[given["link"]],
                said=given["said"],
                number=given["number"],
                language=given["language"],
                signed_on=given["signed_on"],
                key=given["key"],
                scan=given["scan"],
                by=request.user,
                at=clock.now(),
            )
        except actions.CannotAnswer as refusal:
            form.add_error(None, refusal.what_to_do)
        else:
            context = {
                "receipt": present.receipt(made),
                "signer": names.get(made.guardianship.guardian_id or 0, "") if made.guardianship else "",
            }
            scan = Scan.objects.filter(answer=made).exists()
            return render(request, "vendors/consents/paper_receipt.html", context | {"public_id": found.public_id, "scan": scan})
    page = {
        "form": form,
        "name": opened.full_name,
        "public_id": found.public_id,
        "papers": [
            present.paper(one)
            | {
                "signer": names.get(one.guardianship.guardian_id or 0, "") if one.guardianship else "",
                "may": queries.may_call_mistaken(one, request.user, on=on) is not None,
            }
            for one in queries.registered(request.user, on=on, student=found)[:20]
        ],
        "crumbs": _crumbs(),
    }
    return render(request, "vendors/consents/paper.html", page, status=422 if form.is_bound else 200)


@require_safe
@allow(Permission.REGISTER_FAMILY_PAPERS)
def scan(request: SignedInRequest, student: UUID, number: UUID) -> HttpResponse:
    """The signed paper of an answer, after the entry in the child's log."""
    child = _student_at(request.user, student)
    found = queries.scan_of(child, number) if child is not None else None
    if found is None:
        raise Http404
    return scan_answer(scans.opened(found, by=request.user, hat=Role.SECRETARY))


@require_http_methods(["GET", "HEAD", "POST"])
@allow(Permission.MANAGE_DISTRICT)
def policy(request: SignedInRequest) -> HttpResponse:
    """Who says OK for children under 13: the switch, its legal basis, and when it was thrown."""
    now = queries.policy()
    form = forms.PolicyForm(request.POST or None, initial={"coppa": now.coppa, "basis": now.basis} if now else {"coppa": "parents"})
    if form.is_valid():
        actions.decide_policy(coppa=form.cleaned_data["coppa"], basis=form.cleaned_data["basis"], by=request.user, at=clock.now())
        messages.success(request, _("It holds from now on, at the sharing gate too."))
        return redirect("consents:policy")
    context = {"form": form, "history": queries.policies(), "crumbs": _crumbs()}
    return render(request, "vendors/consents/policy.html", context, status=422 if form.is_bound else 200)


def _office(user: User) -> bool:
    return bool(OFFICE & people.roles_of(user, on=clock.today()))


def _own_campaign(request: SignedInRequest, public_id: UUID) -> Campaign:
    found = queries.campaign_of(request.user, public_id, office=_office(request.user))
    if found is None:
        raise Http404
    return found


def _alternatives(request: SignedInRequest, found: Campaign) -> tuple[list[str], bool]:
    """Names of own students who do the other activity, behind the door as any class list; True where there are too many for one look."""
    on = clock.today()
    own = [section for section in scope.sections_taught_by(request.user, on=on) if section.pk in found.sections]
    students = sorted({pk for section in own for pk in scope.students_of(section, on=on)})
    others = queries.without_permission(found, students, on=on)
    if not others or len(others) > MOST_IN_A_LIST:
        return [], len(others) > MOST_IN_A_LIST
    reach = Reach(hat=Role.TEACHER, relation=Relation.OWN_SECTION, sections=frozenset(section.pk for section in own))
    reading = door.read(by=request.user, reach=reach, students=others, event=Event.CLASS_LIST_OPENED, on=on, elements=NAMES, grants=())
    return [opened.full_name for opened in reading.in_order()], False


def _student_at(user: User, public_id: UUID) -> Student | None:
    """The student, if one of the schools of the person's office is theirs today."""
    schools = people.schools_of(user, Role.SECRETARY, on=clock.today())
    found = Student.objects.filter(public_id=public_id, left_on=None)
    return found.filter(school__in=School.objects.filter(active=True) if schools is None else schools).first()


def _relation(user: User) -> Relation:
    return Relation.DISTRICT if people.schools_of(user, Role.SECRETARY, on=clock.today()) is None else Relation.OWN_SCHOOL


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Families’ answers"), "href": reverse("consents:overview")}]
