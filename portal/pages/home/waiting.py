"""What waits on a person, gathered from every room. Each part reads what its role may, and says nothing where nothing waits."""

import dataclasses
import datetime as dt
from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from breaches.affected import queries as affected
from breaches.clocks import present as clock_words
from breaches.clocks import queries as clocks
from breaches.incidents import queries as incidents
from breaches.notices import present as notice_words
from breaches.notices import queries as notices
from breaches.postings import queries as postings
from breaches.remedies import queries as remedies
from breaches.reports import queries as reports
from governance.alerts import detectors
from governance.alerts import present as alert_words
from governance.alerts import queries as alerts
from governance.exports import queries as exports
from governance.people import permissions
from governance.people.models import RoleProposal, SecondStepReset, User
from governance.people.queries import day_of
from governance.records.emergency import queries as emergencies
from governance.records.models import ImportRun, LookQuestion
from governance.records.questions import queries as questions
from governance.requests import queries as requests
from governance.requests.models import DataRequest
from governance.vocabulary import Permission, Role
from portal.base.components import Status, due
from portal.pages import navigation
from portal.pages.families import queries as families
from portal.pages.home import breach_day
from portal.pages.setup import tiles
from vendors.consents import queries as consents
from vendors.reviews import queries as reviews
from vendors.tool_requests import queries as tool_requests

RECENT = dt.timedelta(days=14)
ENDING_DAYS = 14
SHOWN = 5


@dataclasses.dataclass(frozen=True)
class Item:
    """One thing that waits, or one piece of news: what, where it is done, how urgent."""

    title: str
    href: str
    status: Status | None = None
    text: str = ""


def items(user: User, *, roles: frozenset[Role], on: dt.date, at: dt.datetime) -> tuple[list[Item], list[Item]]:
    """(what waits on this person, what is news to them), the most urgent first."""
    may = frozenset(permission for permission in Permission if permissions.holds(roles, permission))
    waits = [
        *_clocks(may, at),
        *(Item(*found) for found in breach_day.waiting(user, may, roles, on, at)),
        *_incidents(user, may, on),
        *_alerts(user, roles),
        *_deciding(user, may, on),
        *_reviews(user, may, on),
        *_own_questions(user, may),
        *_look_questions(user, may, on),
        *_family_forms(user, may, on),
        *_help_offered(user, may, on),
        *_told_outside(user, may, on),
        *_keys(user, may),
        *_resets(user, may),
        *_imports(user, may, at),
        *_exports(user, on),
        *_office(user, may, on, at),
    ]
    return waits, [*_answers(user, may, at), *_tools(user, may, on, at), *_ending(user, may, on), *_family_answers(user, may, at)]


def _clocks(may: frozenset[Permission], at: dt.datetime) -> Iterator[Item]:
    """Clocks of incidents that are overdue, for everybody who decides; those that end within a day for who sees incidents."""
    if Permission.SEE_CLOCKS not in may:
        return
    shown = [
        clock_words.row(source, clock, may=may, at=at)
        for source, clock in clocks.pressing(at)
        if Permission.SEE_INCIDENTS in may or (clock.due_at is not None and clock.due_at < at)
    ]
    for row in shown[:SHOWN]:
        yield Item(row.about, row.url or reverse("clocks:clocks"), row.state, row.title)
    if (more := len(shown) - SHOWN) > 0:
        title = ngettext("%(count)s more clock", "%(count)s more clocks", more)
        yield Item(title % {"count": more}, reverse("clocks:clocks"), Status("stop", _("Look at this now")))


def _incidents(user: User, may: frozenset[Permission], on: dt.date) -> Iterator[Item]:
    """Of incidents: texts and changes of lists that wait for this person as a further one, own tasks, and reports that nobody has closed."""
    if Permission.HANDLE_INCIDENTS in may:
        for notice in notices.to_approve(user)[:SHOWN]:
            title = _("A notice waits for approval: %(audience)s") % {"audience": notice_words.title(notice)}
            yield Item(title, reverse("notices:notice", args=[notice.public_id]), Status("warn", _("Waits on you")), notice.incident.title)
        lists = {change.list.public_id: change.list for change in affected.to_decide(user)}
        for which in list(lists.values())[:SHOWN]:
            title = _("A change of a list of those affected waits for a second person")
            yield Item(title, reverse("affected:list", args=[which.public_id]), Status("warn", _("Waits on you")), which.incident.title)
        for task in incidents.tasks_of(user).exclude(incident__account=user)[:SHOWN]:
            href = reverse("incidents:incident", args=[task.incident.public_id])
            yield Item(task.title, href, due(day_of(task.due_at), on), task.incident.title)
    for permission, apart, route in (
        (Permission.HANDLE_INCIDENTS, False, "reports:reports"),
        (Permission.HANDLE_SAFETY_REPORTS, True, "reports:safety"),
    ):
        waiting = reports.waiting(user, on=on, apart=apart)
        if Permission.HANDLE_ALERTS in may:
            waiting = waiting.filter(alert=None)  # told below as what they are
        if permission in may and (count := waiting.count()):
            title = ngettext("%(count)s report waits", "%(count)s reports wait", count)
            yield Item(title % {"count": count}, reverse(route), Status("warn", _("Look at this")), _("About safety") if apart else "")


def _alerts(user: User, roles: frozenset[Role]) -> Iterator[Item]:
    """Questions about own looks; for who looks into alerts the loud ones one by one, the others as a number."""
    for one in alerts.questions_to(user):
        yield Item(_("A question about your looks"), reverse("alerts:answer", args=[one.public_id]), Status("warn", _("Waits on you")))
    if not roles & {Role.COMPLIANCE_OFFICER, Role.DISTRICT_ADMIN}:
        return
    found = alerts.open_for(user)
    loud = [one for one in found if one.detector in detectors.LOUD][:SHOWN]
    for one in loud:
        shown = alert_words.row(one)
        yield Item(f"{shown.number}: {shown.what}", shown.url, Status("stop", _("Look at this now")), shown.fact)
    if more := len(found) - len(loud):
        title = ngettext("%(count)s odd look waits", "%(count)s odd looks wait", more)
        yield Item(title % {"count": more}, reverse("alerts:alerts"), Status("warn", _("Look at this")))


def _exports(user: User, on: dt.date) -> Iterator[Item]:
    """Exports of the trail that wait for this person as the second one."""
    for one in exports.waiting_on(user, on=on)[:SHOWN]:
        yield Item(
            _("An export of the trail waits for a second person"),
            reverse("exports:detail", args=[one.public_id]),
            due(one.lapses_on, on) if one.lapses_on else None,
            one.asked_by.name,
        )


def _deciding(user: User, may: frozenset[Permission], on: dt.date) -> Iterator[Item]:
    if Permission.DECIDE_REQUESTS not in may:
        return
    found = requests.requests_waiting_on(user, on)
    for one in found[:SHOWN]:
        yield Item(
            f"{one}: {one.what_for}",
            reverse("requests:decide", args=[one.public_id]),
            due(one.due_on, on) if one.due_on else None,
            one.asker.name,
        )
    if len(found) > SHOWN:
        more = len(found) - SHOWN
        yield Item(ngettext("%(count)s more request", "%(count)s more requests", more) % {"count": more}, reverse("requests:inbox"))


def _reviews(user: User, may: frozenset[Permission], on: dt.date) -> Iterator[Item]:
    """Reviews of tools that wait on this person, and requests for something that the catalogue does not know."""
    if Permission.REVIEW_TOOLS not in may:
        return
    found = reviews.waiting_on(user, on)
    for held in found[:SHOWN]:
        title = _("Review of %(tool)s") % {"tool": held.review.tool.name}
        yield Item(title, reverse("reviews:detail", args=[held.review.public_id]), due(held.review.due_on, on))
    if len(found) > SHOWN:
        more = len(found) - SHOWN
        yield Item(ngettext("%(count)s more review", "%(count)s more reviews", more) % {"count": more}, reverse("reviews:list"))
    unlisted = tool_requests.not_joined().count()
    if unlisted:
        title = ngettext(
            "%(count)s tool asked for that is not in the catalog", "%(count)s tools asked for that are not in the catalog", unlisted
        )
        yield Item(title % {"count": unlisted}, reverse("tools:unlisted"))


def _tools(user: User, may: frozenset[Permission], on: dt.date, at: dt.datetime) -> Iterator[Item]:
    """Answers about tools, and tools whose use ends soon."""
    if Permission.ASK_FOR_TOOLS not in may:
        return
    for asked in tool_requests.answered_since(user, at - RECENT):
        yield Item(
            asked.name,
            reverse("tools:request-detail", args=[asked.public_id]),
            Status("info", _("Answered")),
            _("You asked for this tool."),
        )
    for use in tool_requests.uses_of(user):
        if (use.ends_on - on).days <= tool_requests.ENDS_SOON_DAYS:
            yield Item(
                use.tool.name, reverse("tools:use", args=[use.public_id]), due(use.ends_on, on), _("Ends by itself unless you keep it.")
            )


def _own_questions(user: User, may: frozenset[Permission]) -> Iterator[Item]:
    if Permission.MAKE_REQUESTS not in may:
        return
    for one in DataRequest.objects.filter(asker=user, state=DataRequest.State.INFORMATION_ASKED).order_by("number"):
        yield Item(
            f"{one}: {one.what_for}",
            reverse("requests:detail", args=[one.public_id]),
            Status("warn", _("A question waits for your answer")),
        )


def _look_questions(user: User, may: frozenset[Permission], on: dt.date) -> Iterator[Item]:
    if Permission.SEE_STUDENTS in may:
        open_ones = questions.open_for_answering(user)
        if open_ones:
            title = ngettext("A family asks why you opened a record", "%(count)s families ask why you opened a record", len(open_ones))
            yield Item(title % {"count": len(open_ones)}, reverse("records:questions"), due(open_ones[0].due_on, on))
    if Permission.DECIDE_REQUESTS in may and (count := emergencies.count_waiting_on(user, on=on)):
        title = ngettext("An emergency opening waits for review", "%(count)s emergency openings wait for review", count)
        yield Item(title % {"count": count}, reverse("records:emergency-reviews"), Status("warn", _("Look at this")))


def _family_forms(user: User, may: frozenset[Permission], on: dt.date) -> Iterator[Item]:
    """What the school asks a family and nobody has answered."""
    if Permission.SEE_OWN_FAMILY in may and (waiting := consents.waiting_for(user, on=on)):
        title = ngettext("%(count)s form waits for you", "%(count)s forms wait for you", waiting)
        yield Item(title % {"count": waiting}, reverse("family:family"), Status("wait", _("Waits for your answer")))


def _help_offered(user: User, may: frozenset[Permission], on: dt.date) -> Iterator[Item]:
    """What the district offers a family after an incident, until somebody answers: a line a child."""
    if Permission.SEE_OWN_FAMILY not in may:
        return
    children = {offer.student.public_id: offer for offer in reversed(remedies.unanswered(user, on=on))}
    for child, offer in list(children.items())[:SHOWN]:
        yield Item(
            _("The district offers you help after an incident"),
            reverse("remedies-family:remedies", args=[child]),
            due(offer.remedy.answer_by, on),
            _("Please say yes or no."),
        )


def _told_outside(user: User, may: frozenset[Permission], on: dt.date) -> Iterator[Item]:
    """Public texts about incidents to approve, and evidence packs that wait for a second person."""
    if Permission.HANDLE_INCIDENTS not in may:
        return
    for posting in postings.waiting_for_approval(user)[:SHOWN]:
        title = _("A public text about %(incident)s waits for approval") % {"incident": posting.incident}
        yield Item(title, reverse("postings:posting", args=[posting.incident.public_id]), Status("wait", _("Waits on you")))
    for pack in postings.packs_waiting_on(user)[:SHOWN]:
        title = _("An evidence pack of %(incident)s waits for a second person") % {"incident": pack.incident}
        yield Item(title, reverse("postings:packs", args=[pack.incident.public_id]), due(pack.lapses_on, on), pack.asked_by.name)


def _keys(user: User, may: frozenset[Permission]) -> Iterator[Item]:
    if Permission.SECOND_KEY not in may:
        return
    for one in RoleProposal.objects.filter(state=RoleProposal.State.WAITING).exclude(user=user).exclude(proposed_by=user):
        text = _("Asked to go on with one key.") if one.alone_since else ""
        yield Item(
            _("A second person confirms: %(role)s") % {"role": Role(one.role).label},
            reverse("people:proposals"),
            Status("warn", _("Waits on you")),
            text,
        )


def _resets(user: User, may: frozenset[Permission]) -> Iterator[Item]:
    """Lost second steps that somebody else asked to take away."""
    if Permission.SECOND_KEY not in may:
        return
    waiting = SecondStepReset.objects.filter(state=SecondStepReset.State.WAITING).exclude(user=user).exclude(proposed_by=user)
    for _one in waiting[:SHOWN]:
        yield Item(_("A second person confirms: a lost second step"), reverse("people:proposals"), Status("warn", _("Waits on you")))


def _imports(user: User, may: frozenset[Permission], at: dt.datetime) -> Iterator[Item]:
    """Imports that somebody else sent and that wait for a second person."""
    if Permission.SECOND_KEY not in may:
        return
    waiting = ImportRun.objects.filter(state=ImportRun.State.WAITING, made_at__gte=at - RECENT).exclude(made_by=user)
    for run in waiting.select_related("made_by")[:SHOWN]:
        yield Item(
            _("An import waits for a second person"),
            reverse("roster:run", args=[run.public_id]),
            Status("warn", _("Waits on you")),
            run.made_by.name if run.made_by else _("the server’s command line"),
        )


def _office(user: User, may: frozenset[Permission], on: dt.date, at: dt.datetime) -> Iterator[Item]:
    if Permission.REGISTER_FAMILY_PAPERS in may:
        late = families.limits_without_papers(user, on=on)
        if late:
            title = ngettext("A limit waits for its papers", "%(count)s limits wait for their papers", len(late))
            yield Item(title % {"count": len(late)}, navigation.here("/people/families/") or "", due(late[0].limit_papers_due_on or on, on))
    if Permission.IMPORT_ROSTER in may:
        for run in ImportRun.objects.filter(
            state__in=[ImportRun.State.CHECKED, ImportRun.State.WAITING, ImportRun.State.REFUSED, ImportRun.State.FAILED],
            made_at__gte=at - RECENT,
        ).exclude(~Q(made_by=user), state=ImportRun.State.WAITING)[:SHOWN]:
            kind = "stop" if run.state in (ImportRun.State.REFUSED, ImportRun.State.FAILED) else "warn"
            yield Item(
                _("Import: %(kind)s") % {"kind": ImportRun.Kind(run.kind).label},
                navigation.here(f"/roster/{run.public_id}/") or navigation.here("/roster/") or "",
                Status(kind, str(ImportRun.State(run.state).label)),
            )
    if Permission.MANAGE_DISTRICT in may:
        red = [tile for tile in tiles.all_tiles(at=at) if tile.color == "red"]
        for tile in red[:SHOWN]:
            yield Item(_("Setup: %(tile)s") % {"tile": tile.title}, tile.href or reverse("setup:setup"), tile.status, tile.why)


def _answers(user: User, may: frozenset[Permission], at: dt.datetime) -> Iterator[Item]:
    if Permission.MAKE_REQUESTS not in may:
        return
    kinds = {DataRequest.State.APPROVED: "ok", DataRequest.State.NARROWED: "ok", DataRequest.State.REFUSED: "stop"}
    for one in DataRequest.objects.filter(asker=user, state__in=kinds, decided_at__gte=at - RECENT).order_by("-decided_at"):
        state = DataRequest.State(one.state)
        yield Item(f"{one}: {one.what_for}", reverse("requests:detail", args=[one.public_id]), Status(kinds[state], str(state.label)))


def _ending(user: User, may: frozenset[Permission], on: dt.date) -> Iterator[Item]:
    if Permission.MAKE_REQUESTS not in may:
        return
    for grant in requests.grants_ending(user, ENDING_DAYS, on=on):
        about = grant.data_request
        yield Item(
            f"{about}: {about.what_for}",
            reverse("requests:detail", args=[about.public_id]),
            due(grant.ends_on, on),
            _("Ends by itself unless you ask again."),
        )


def _family_answers(user: User, may: frozenset[Permission], at: dt.datetime) -> Iterator[Item]:
    if Permission.SEE_OWN_FAMILY not in may:
        return
    answered = LookQuestion.objects.filter(asked_by=user, answered_at__gte=at - RECENT).count()
    if answered:
        title = ngettext("The school answered your question", "The school answered %(count)s of your questions", answered)
        yield Item(title % {"count": answered}, navigation.here("/family/") or "", Status("ok", _("Answered")))
