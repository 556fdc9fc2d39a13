"""What people do with the catalogue. Each verb is one transaction with its entry, which names the object and the part, never free text."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from psycopg2.errors import UniqueViolation

from governance.people import invitations, roles
from governance.people import queries as people
from governance.people.models import User
from governance.trail import entries
from governance.vocabulary import Action, Event, Role
from portal.base.errors import CannotDo
from vendors.providers import links
from vendors.providers.models import (
    Address,
    AutomatedDecision,
    Channel,
    Collects,
    Contact,
    Document,
    Mark,
    Provider,
    Subprocessor,
    Tool,
    ToolVersion,
)

# Words that addresses of the portal use where a tool's slug would stand.
RESERVED_SLUGS = frozenset({"request", "requests", "use", "unlisted", "new", "changes", "compare", "find", "print"})
PROVIDER_FACTS = frozenset(
    {
        "name", "legal_name", "kind", "domain", "country", "region", "address", "privacy_contact", "privacy_email", "security_email", "phone", "policy_url",
    }
)  # fmt: skip
TOOL_FACTS = frozenset(
    {
        "name", "summary", "description", "purposes", "subjects", "youngest_age", "oldest_age", "accounts", "collects_nothing", "commercial_use", "held_in",
        "held_by", "policy_url", "accessibility", "accessibility_url", "accessibility_on", "decides_nothing_on",
    }
)  # fmt: skip


class CannotList(CannotDo):
    """The catalogue was not changed."""


# -- Providers -----------------------------------------------------------------------------------------------------------------


@transaction.atomic
def list_provider(*, by: User, at: dt.datetime, **facts: Any) -> Provider:
    """Put a provider into the catalogue. `facts` are those of PROVIDER_FACTS, `name` among them. Raises CannotList for a name that is there."""
    _check_facts(facts, PROVIDER_FACTS)
    provider = Provider(slug=_free_slug(Provider, facts["name"]), listed_at=at, listed_by=by, **facts)
    _save(provider, _("A provider of this name is in the catalog already."))
    entries.append(Event.PROVIDER_LISTED, action=Action.CREATE, by=by, about=provider)
    return provider


@transaction.atomic
def change_provider(*, provider: Provider, by: User, at: dt.datetime, **facts: Any) -> Provider:
    """Change facts of PROVIDER_FACTS; its slug stays. Raises CannotList for a name that another one has."""
    _check_facts(facts, PROVIDER_FACTS)
    found = Provider.objects.select_for_update().get(pk=provider.pk)
    changed = _set(found, facts)
    if changed:
        _save(found, _("A provider of this name is in the catalog already."))
        entries.append(Event.PROVIDER_CHANGED, action=Action.UPDATE, by=by, about=found, data={"changed": changed})
    return found


@transaction.atomic
def invite_contact(
    *, provider: Provider, email: str, name: str, may_sign: bool, ends_on: dt.date | None = None, by: User, at: dt.datetime
) -> Contact:
    """Invite somebody of the provider until a last day: an account with the role of a provider's contact, and a link by e-mail.

    Raises CannotList where the address belongs to somebody of the district, a family, or another provider, and for a day that has passed.
    """
    user = User.objects.filter(email__iexact=email.strip()).first()
    on = people.day_of(at)
    if ends_on is not None and ends_on < on:
        raise CannotList(_("The last day has passed. Choose a later one."), code="past_day")
    if user is None:
        user = User.objects.create_user(email, name=name.strip()[:120], title=provider.name[:80])
        entries.append(Event.ACCOUNT_MADE, action=Action.CREATE, by=by, about=user)
    elif people.roles_of(user, on=on) - {Role.PROVIDER_CONTACT} or not user.is_active:
        raise CannotList(_("This address belongs to an account of the district. Ask for another address."), code="other_account")
    if Contact.objects.filter(user=user, ended_at=None).exclude(provider=provider).exists():
        raise CannotList(_("This person acts for another provider. One account acts for one provider."), code="other_provider")
    contact, made = Contact.objects.get_or_create(
        user=user, ended_at=None, defaults={"provider": provider, "may_sign": may_sign, "ends_on": ends_on, "since": at, "invited_by": by}
    )
    if not made and (contact.may_sign, contact.ends_on) != (may_sign, ends_on):
        contact.may_sign, contact.ends_on = may_sign, ends_on
        contact.save(update_fields=["may_sign", "ends_on"])
    if Role.PROVIDER_CONTACT not in people.roles_of(user, on=on):
        roles.give(user=user, role=Role.PROVIDER_CONTACT, school=None, starts_on=on, ends_on=None, by=by, at=at)
    if user.last_login is None:
        invitations.mail(user=user, by=by, at=at)
    entries.append(
        Event.PROVIDER_CONTACT_INVITED, action=Action.CREATE, by=by, about=contact, data={"may_sign": may_sign, "ends_on": _iso(ends_on)}
    )
    return contact


@transaction.atomic
def change_last_day(*, contact: Contact, ends_on: dt.date, by: User, at: dt.datetime) -> Contact:
    """The person acts for the provider until that day. Raises CannotList for a day that has passed, and for an account that was ended."""
    found = Contact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
    if found.ended_at is not None:
        raise CannotList(_("This account was ended. Invite the person again."), code="ended")
    if ends_on < people.day_of(at):
        raise CannotList(_("The last day has passed. Choose a later one."), code="past_day")
    found.ends_on = ends_on
    found.save(update_fields=["ends_on"])
    entries.append(Event.PROVIDER_CONTACT_CHANGED, action=Action.UPDATE, by=by, about=found, data={"ends_on": _iso(ends_on)})
    return found


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None


@transaction.atomic
def end_contact(*, contact: Contact, by: User | None, at: dt.datetime) -> Contact:
    """The person no longer acts for the provider, from this moment on. Twice changes nothing. `by` is None where the last day has passed."""
    found = Contact.objects.select_for_update(of=("self",)).select_related("user").get(pk=contact.pk)
    if found.ended_at is None:
        found.ended_at, found.ended_by = at, by
        found.save(update_fields=["ended_at", "ended_by"])
        for assignment in people.assignments_of(found.user, on=people.day_of(at)):
            if assignment.role == Role.PROVIDER_CONTACT:
                roles.end(assignment_id=assignment.pk, by=by, at=at)
        entries.append(Event.PROVIDER_CONTACT_ENDED, action=Action.UPDATE, by=by, about=found)
    return found


# -- Tools ---------------------------------------------------------------------------------------------------------------------


@transaction.atomic
def list_tool(*, provider: Provider, link: str = "", by: User, at: dt.datetime, **facts: Any) -> Tool:
    """Put a tool into the catalogue, with the address by which a pasted link is told to be it. `facts` are those of TOOL_FACTS.

    Raises CannotList for a name that the provider's tools have already, and for a link that leads to another tool.
    """
    _check_facts(facts, TOOL_FACTS)
    tool = Tool(provider=provider, slug=_free_slug(Tool, facts["name"]), listed_at=at, listed_by=by, **facts)
    _save(tool, _("This provider has a tool of this name in the catalog already."))
    entries.append(Event.TOOL_LISTED, action=Action.CREATE, by=by, about=tool)
    if link:
        add_address(tool=tool, link=link, by=by, at=at)
    return tool


@transaction.atomic
def change_tool(*, tool: Tool, by: User, at: dt.datetime, **facts: Any) -> Tool:
    """Change facts of TOOL_FACTS; its slug stays. Raises CannotList for a name that is taken, and where a tool that collects something would
    be said to collect nothing."""
    _check_facts(facts, TOOL_FACTS)
    found = Tool.objects.select_for_update().get(pk=tool.pk)
    if facts.get("collects_nothing") and found.collects.exists():
        raise CannotList(_("The catalog lists data that this tool collects. Take those lines away first."), code="collects_something")
    changed = _set(found, facts)
    if changed:
        _save(found, _("This provider has a tool of this name in the catalog already."))
        entries.append(Event.TOOL_CHANGED, action=Action.UPDATE, by=by, about=found, data={"changed": changed})
    return found


@transaction.atomic
def retire_tool(*, tool: Tool, because: str, by: User, at: dt.datetime) -> Tool:
    """Nobody may use the tool from this moment on. It stays in the catalogue, its links stay. Twice changes nothing."""
    found = Tool.objects.select_for_update().get(pk=tool.pk)
    if found.retired_at is None:
        found.retired_at, found.retired_by, found.retired_because = at, by, because[:200]
        found.save(update_fields=["retired_at", "retired_by", "retired_because"])
        entries.append(Event.TOOL_RETIRED, action=Action.UPDATE, by=by, about=found)
    return found


@transaction.atomic
def restore_tool(*, tool: Tool, by: User, at: dt.datetime) -> Tool:
    """Take a retired tool back into the catalogue; whether it may be used says its status, as before."""
    found = Tool.objects.select_for_update().get(pk=tool.pk)
    if found.retired_at is not None:
        found.retired_at = found.retired_by = None
        found.retired_because = ""
        found.save(update_fields=["retired_at", "retired_by", "retired_because"])
        entries.append(Event.TOOL_RESTORED, action=Action.UPDATE, by=by, about=found)
    return found


# -- Parts of a tool -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_address(*, tool: Tool, link: str, by: User, at: dt.datetime) -> Address:
    """Say by which domain or store id the tool is known, from a link. Raises CannotList for no link, and for one of another tool."""
    parsed = links.parse(link)
    if parsed is None:
        raise CannotList(_("This is no web address. Copy it from the browser's address line or from the store's page."), code="no_link")
    taken = Address.objects.filter(kind=parsed.kind, value=parsed.value, path=parsed.path).select_related("tool").first()
    if taken is not None:
        if taken.tool_id == tool.pk:
            return taken
        raise CannotList(_("This address belongs to “%(tool)s” in the catalog.") % {"tool": taken.tool.name}, code="other_tool")
    address = Address.objects.create(tool=tool, kind=parsed.kind, value=parsed.value, path=parsed.path)
    _tell_part(tool, "addresses", by=by)
    return address


@transaction.atomic
def say_collects(*, tool: Tool, elements: Collection[str], required: bool, why: str, by: User, at: dt.datetime) -> list[Collects]:
    """Say that the tool collects these elements. What is listed already is changed. Raises CannotList for a tool that collects nothing."""
    if Tool.objects.select_for_update().get(pk=tool.pk).collects_nothing:
        raise CannotList(_("The catalog says that this tool collects nothing. Change that first."), code="collects_nothing")
    made = [
        Collects.objects.update_or_create(tool=tool, element_id=key, defaults={"required": required, "why": why[:200]})[0]
        for key in sorted(set(elements))
    ]
    _tell_part(tool, "collects", by=by, elements=elements)
    return made


@transaction.atomic
def add_version(*, tool: Tool, form: str, label: str, seen_on: dt.date, note: str, by: User, at: dt.datetime) -> ToolVersion:
    """Say in which form the tool is used. Raises CannotList for one that is listed."""
    version = ToolVersion(tool=tool, form=form, label=label, seen_on=seen_on, note=note)
    _save(version, _("This version is listed already."))
    _tell_part(tool, "versions", by=by)
    return version


@transaction.atomic
def add_subprocessor(
    *, tool: Tool, name: str, country: str, does: str, elements: Collection[str], since: dt.date | None, by: User, at: dt.datetime
) -> Subprocessor:
    """Say that a supplier of the provider gets students' data through the tool."""
    made = Subprocessor.objects.create(tool=tool, name=name, country=country, does=does, elements=sorted(set(elements)), since=since)
    _tell_part(tool, "subprocessors", by=by, elements=elements)
    return made


@transaction.atomic
def add_mark(*, tool: Tool, by: User, at: dt.datetime, verified: str = Mark.Verified.NOT, **facts: Any) -> Mark:
    """Keep a rating, certificate or audit report, with how it was checked. It is one input of a review and approves nothing."""
    checked = verified != Mark.Verified.NOT
    mark = Mark.objects.create(
        tool=tool, verified=verified, verified_at=at if checked else None, verified_by=by if checked else None, **facts
    )
    _tell_part(tool, "marks", by=by, verified=verified)
    return mark


@transaction.atomic
def verify_mark(*, mark: Mark, verified: str, by: User, at: dt.datetime) -> Mark:
    """Say how somebody made sure that a mark is real."""
    found = Mark.objects.select_for_update(of=("self",)).select_related("tool").get(pk=mark.pk)
    checked = verified != Mark.Verified.NOT
    found.verified, found.verified_at, found.verified_by = verified, at if checked else None, by if checked else None
    found.save(update_fields=["verified", "verified_at", "verified_by"])
    _tell_part(found.tool, "marks", by=by, verified=verified)
    return found


@transaction.atomic
def open_channel(
    *, tool: Tool, kind: str, name: str, elements: Collection[str], switched_off_by: str, by: User, at: dt.datetime, **checked: Any
) -> Channel:
    """Say on which way data reaches the tool, and who can switch it off. `checked`: checked_on, evidence_note, evidence, of a first look.

    Raises CannotList where the same way is open already.
    """
    channel = Channel(
        tool=tool,
        kind=kind,
        name=name,
        elements=sorted(set(elements)),
        switched_off_by=switched_off_by,
        opened_at=at,
        opened_by=by,
        **checked,
    )
    channel.checked_by = by if channel.checked_on else None
    _save(channel, _("This way is listed already. Check it there."))
    _tell_part(tool, "channels", by=by, elements=elements, channel=kind)
    return channel


@transaction.atomic
def check_channel(
    *,
    channel: Channel,
    elements: Collection[str],
    evidence_note: str,
    checked_on: dt.date,
    evidence: Document | None = None,
    by: User,
    at: dt.datetime,
) -> Channel:
    """Somebody looked at what a way really sends: these elements, on that day, with what was seen. Without `evidence` that of before stays."""
    found = Channel.objects.select_for_update(of=("self",)).select_related("tool").get(pk=channel.pk)
    found.elements, found.evidence_note = sorted(set(elements)), evidence_note
    found.checked_on, found.checked_by = checked_on, by
    found.evidence = evidence or found.evidence
    found.save(update_fields=["elements", "evidence_note", "checked_on", "checked_by", "evidence"])
    _tell_part(found.tool, "channels", by=by, elements=elements, channel=found.kind)
    return found


@transaction.atomic
def close_channel(*, channel: Channel, by: User, at: dt.datetime) -> Channel:
    """The way was switched off. Twice changes nothing."""
    found = Channel.objects.select_for_update(of=("self",)).select_related("tool").get(pk=channel.pk)
    if found.closed_at is None:
        found.closed_at, found.closed_by = at, by
        found.save(update_fields=["closed_at", "closed_by"])
        _tell_part(found.tool, "channels", by=by, channel=found.kind, closed=True)
    return found


@transaction.atomic
def add_decision(*, tool: Tool, by: User, at: dt.datetime, **facts: Any) -> AutomatedDecision:
    """Say that the tool scores, ranks, predicts or decides about a student, who answers for it and how a family objects."""
    made = AutomatedDecision.objects.create(tool=tool, **facts)
    _tell_part(tool, "automated_decisions", by=by, what=made.kind)
    return made


@transaction.atomic
def remove_part(*, part: models.Model, by: User, at: dt.datetime) -> None:
    """Take a line away that was wrong: of what a tool collects, its addresses, versions, suppliers or marks.

    Ways of data are closed and not removed (`close_channel`): what once reached the tool stays known.
    """
    assert isinstance(part, Address | Collects | ToolVersion | Subprocessor | Mark | AutomatedDecision)
    tool, kind = part.tool, type(part)
    part.delete()
    _tell_part(tool, _PART_NAMES[kind], by=by, removed=True)


_PART_NAMES: dict[type[models.Model], str] = {
    Address: "addresses",
    Collects: "collects",
    ToolVersion: "versions",
    Subprocessor: "subprocessors",
    Mark: "marks",
    AutomatedDecision: "automated_decisions",
}


def _tell_part(tool: Tool, part: str, *, by: User, elements: Iterable[str] | None = None, **data: Any) -> None:
    entries.append(Event.TOOL_CHANGED, action=Action.UPDATE, by=by, about=tool, elements=elements, data={"changed": [part], **data})


# -- Parts ---------------------------------------------------------------------------------------------------------------------


def _check_facts(facts: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = set(facts) - known
    if unknown:
        raise TypeError(f"no such fact: {', '.join(sorted(unknown))}")


def _set(row: models.Model, facts: Mapping[str, Any]) -> list[str]:
    """Put new values into a row; the names of those that changed."""
    changed = sorted(name for name, value in facts.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, facts[name])
    return changed


def _save(row: models.Model, if_taken: str) -> None:
    """Save a row that a constraint may refuse because one like it is there. Raises CannotList with these words."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise CannotList(if_taken, code="taken") from error
        raise


def _free_slug(model: type[Provider] | type[Tool], name: str) -> str:
    """A slug that no other row has. Two that are listed at the same moment: the second is refused by the constraint and can try again."""
    stem = slugify(name)[:70].strip("-") or "tool"
    slug, number = stem, 2
    while slug in RESERVED_SLUGS or model.objects.filter(slug=slug).exists():
        slug, number = f"{stem}-{number}", number + 1
    return slug
